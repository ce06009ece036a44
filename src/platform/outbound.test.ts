/** Where requests that people have us send may go, and where not, however the address is written. */
import type { LookupAddress } from 'node:dns'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { ForbiddenAddress, isPublicAddress, mayBeSentTo, postOutside } from './outbound.ts'

test('only public addresses are public', () => {
  const inner =
    '0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.9.9.9 169.254.169.254 172.31.0.1 192.168.1.1 198.18.0.1 224.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 fe80::1 fc00::1 fd00:ec2::254 ff02::1 64:ff9b::7f00:1 2001::1 2002:7f00:1:: 2001:db8::1'
  expect(inner.split(' ').filter(isPublicAddress)).toEqual([])
  const outer = '1.1.1.1 8.8.8.8 172.32.0.1 100.128.0.1 2606:4700::1111 2a00:1450:4001::1'
  expect(outer.split(' ').filter((it) => !isPublicAddress(it))).toEqual([])
})

test('addresses are seen through whatever they are dressed in', () => {
  const bad = [
    'ftp://example.org/',
    'file:///etc/passwd',
    'http://user:pw@example.org/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://printer.local/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.0.0.1/',
    'http://017700000001/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://169.254.169.254/latest/meta-data',
    'http://metadata.google.internal/',
    'nonsense',
  ]
  expect(bad.filter((it) => mayBeSentTo(it))).toEqual([])
  expect(mayBeSentTo('https://hooks.example.org:8443/x?y=z')).toBe(true)
})

test('a name that leads inside is not followed, and what was checked is what is connected to', async () => {
  let asked = 0
  const server = createServer((_request, response) => response.end('reached'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const send = (...answers: LookupAddress[][]) =>
    postOutside(`http://hooks.example.org:${port}/`, {
      headers: {},
      body: '{}',
      timeoutMs: 1500,
      lookup: (_host, _options, done) => done(null, answers[Math.min(asked++, answers.length - 1)]!),
    })
  const inside = { address: '127.0.0.1', family: 4 }
  try {
    await expect(send([inside])).rejects.toBeInstanceOf(ForbiddenAddress)
    // One good answer among bad ones does not help.
    await expect(send([{ address: '8.8.8.8', family: 4 }, inside])).rejects.toBeInstanceOf(ForbiddenAddress)
    expect(asked).toBe(2)
  } finally {
    server.close()
  }
})
