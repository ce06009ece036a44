/** Addresses, cookies and origins, as they come over the wire. */
import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { chosenEncoding } from './answers.ts'
import { addressOf, addressPrefix, isLoopback, isSameHost, readBearer, readCookie } from './viewer.ts'

test('addresses are cut to what a household shares', () => {
  expect(addressPrefix('192.0.2.77')).toBe('192.0.2.0/24')
  expect(addressPrefix('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1::/48')
  expect(addressPrefix('2001:0db8:0001::6')).toBe('2001:db8:1::/48')
  expect(addressPrefix('2001:DB8::1')).toBe('2001:db8:0::/48')
  expect(addressPrefix('::1')).toBe('0:0:0::/48')
  expect(addressPrefix('fe80::1%eth0')).toBe('fe80:0:0::/48')
  expect(addressPrefix('nonsense')).toBe('unknown')
})

test('behind a trusted proxy the address is the one the proxy wrote, the last; otherwise the header says nothing', () => {
  const request = (forwarded?: string) =>
    ({
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
      socket: { remoteAddress: '::ffff:10.0.0.1' },
    }) as unknown as IncomingMessage

  expect(addressOf(request('1.2.3.4, 5.6.7.8'), true)).toBe('5.6.7.8')
  expect(addressOf(request('1.2.3.4, 5.6.7.8'), false)).toBe('10.0.0.1')
  expect(addressOf(request(), true)).toBe('10.0.0.1')
})

test('loopback is this machine only', () => {
  expect(['127.0.0.1', '127.9.9.9', '::1'].map(isLoopback)).toEqual([true, true, true])
  expect(['10.0.0.1', '128.0.0.1', '127.evil.example', ''].map(isLoopback)).toEqual([false, false, false, false])
})

test('cookies are found by their whole name, and broken ones are none', () => {
  expect(readCookie('a=1; vitascope_session=x%20y; b=2', 'vitascope_session')).toBe('x y')
  expect(readCookie('not_vitascope_session=1', 'vitascope_session')).toBeUndefined()
  expect(readCookie('vitascope_session=%E0%A4%A', 'vitascope_session')).toBeUndefined()
  expect(readCookie('vitascope_session', 'vitascope_session')).toBeUndefined()
  expect(readCookie(undefined, 'vitascope_session')).toBeUndefined()
})

test('bearer tokens are read whatever the case of the scheme', () => {
  expect(readBearer('bearer vst_abc')).toBe('vst_abc')
  expect(readBearer('Basic dXNlcg==')).toBeUndefined()
  expect(readBearer('Bearer ')).toBeUndefined()
  expect(readBearer(`Bearer ${'x'.repeat(401)}`)).toBeUndefined()
})

test('an origin is ours when its host is the one that was asked', () => {
  expect(isSameHost('http://video.example:8080', 'video.example:8080')).toBe(true)
  expect(isSameHost('https://video.example', 'video.example')).toBe(true)
  expect(isSameHost('http://VIDEO.example', 'video.example')).toBe(true)
  expect(isSameHost('http://[::1]:8080', '[::1]:8080')).toBe(true)
  expect(isSameHost('http://video.example:8081', 'video.example:8080')).toBe(false)
  expect(isSameHost('http://video.example.evil', 'video.example')).toBe(false)
  expect(isSameHost('null', 'video.example')).toBe(false)
  expect(isSameHost('http://video.example', undefined)).toBe(false)
})

test('brotli before gzip, and neither where it is not taken', () => {
  expect(chosenEncoding('gzip, deflate, br')).toBe('br')
  expect(chosenEncoding('gzip;q=1.0, br;q=0')).toBe('gzip')
  expect(chosenEncoding('GZIP')).toBe('gzip')
  expect(chosenEncoding('identity, br;q=0.0')).toBeUndefined()
  expect(chosenEncoding(undefined)).toBeUndefined()
})
