/** The filter of system calls, run on paper: what the kernel would answer on each kind of machine. */
import { describe, expect, test } from 'vitest'
import { seccompFilter } from '../../src/platform/process/seccomp.ts'

const ALLOW = 0x7fff0000
const EPERM = 0x00050001
const ENOSYS = 0x00050026
const KILL = 0x80000000

const machines = {
  x64: { audit: 0xc000003e, read: 0, mmap: 9, clone: 56, socket: 41, ptrace: 101, execve: 59 },
  arm64: { audit: 0xc00000b7, read: 63, mmap: 222, clone: 220, socket: 198, ptrace: 117, execve: 221 },
} as const

/** Runs the program as seccomp(2) describes: loads of words, jumps, and the value returned. */
function answer(program: Uint8Array, call: { audit: number; number: number; argument?: number }): number {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength)
  const data = new Map([
    [0, call.number],
    [4, call.audit],
    [16, call.argument ?? 0],
  ])
  let accumulator = 0
  for (let line = 0; line < program.length / 8; line++) {
    const [code, whenTrue, whenFalse, value] = [
      view.getUint16(line * 8, true),
      view.getUint8(line * 8 + 2),
      view.getUint8(line * 8 + 3),
      view.getUint32(line * 8 + 4, true),
    ]
    if (code === 0x06) return value
    if (code === 0x20) accumulator = data.get(value)!
    if (code === 0x15) line += accumulator === value ? whenTrue : whenFalse
    if (code === 0x35) line += accumulator >= value ? whenTrue : whenFalse
    if (code === 0x45) line += (accumulator & value) !== 0 ? whenTrue : whenFalse
  }
  throw new Error('the program ends without an answer, which the kernel would not load')
}

describe.each(['x64', 'arm64'] as const)('on %s', (architecture) => {
  const program = seccompFilter(architecture)!
  const { audit, ...calls } = machines[architecture]
  const ask = (number: number, argument?: number) =>
    answer(program, { audit, number, ...(argument === undefined ? {} : { argument }) })

  test('files, memory and threads are free', () => {
    expect([ask(calls.read), ask(calls.mmap), ask(calls.execve)]).toEqual([ALLOW, ALLOW, ALLOW])
    // The flags with which the C library makes a thread.
    expect(ask(calls.clone, 0x3d0f00)).toBe(ALLOW)
  })

  test('processes, sockets and the kernel’s back rooms are not', () => {
    expect([ask(calls.clone, 17), ask(calls.socket), ask(calls.ptrace)]).toEqual([EPERM, EPERM, EPERM])
    expect(ask(435, 0)).toBe(ENOSYS)
    expect(ask(425)).toBe(EPERM)
  })

  test('calls of another architecture end the program', () => {
    expect(answer(program, { audit: 0x40000003, number: 1 })).toBe(KILL)
  })
})

test('the second set of numbers of x86-64 leads nowhere', () => {
  expect(answer(seccompFilter('x64')!, { audit: machines.x64.audit, number: 0x40000000 + machines.x64.socket })).toBe(
    ENOSYS,
  )
})

test('an unknown kind of machine has no filter rather than a wrong one', () => {
  expect(seccompFilter('riscv64')).toBeUndefined()
})
