/**
 * The system calls a jailed program is denied, as a BPF program for bubblewrap's `--seccomp` (seccomp(2), classic BPF
 * of linux/filter.h). FFmpeg needs files, memory and threads; it never needs another process, a socket or the kernel's
 * back rooms, and a decoder that has been taken over should find those doors bricked up. RLIMIT_NPROC is no stop for
 * root, this is.
 */
import { endianness } from 'node:os'

// struct sock_filter { u16 code; u8 jt; u8 jf; u32 k }
const LOAD_WORD = 0x20
const JUMP_EQUAL = 0x15
const JUMP_AT_LEAST = 0x35
const JUMP_BITS = 0x45
const RETURN = 0x06

const ALLOW = 0x7fff0000
const ERRNO = 0x00050000
const KILL_PROCESS = 0x80000000
const EPERM = 1
const ENOSYS = 38

// Offsets into struct seccomp_data.
const NUMBER = 0
const ARCHITECTURE = 4
const FIRST_ARGUMENT = 16

const CLONE_THREAD = 0x00010000
/** Every number from here up is the x32 ABI of x86-64: a second door to each call. */
const X32 = 0x40000000

interface Machine {
  audit: number
  clone: number
  x32: boolean
  denied: readonly number[]
}

// Numbers that are the same everywhere: io_uring_*, open_tree..fspick, pidfd_getfd, mount_setattr.
const MODERN = [425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442]

const MACHINES: Partial<Record<NodeJS.Architecture, Machine>> = {
  x64: {
    audit: 0xc000003e,
    clone: 56,
    x32: true,
    // biome-ignore format: in the order of the groups, a group a line
    denied: [
      57, 58, // fork vfork
      41, 53, // socket socketpair
      101, 310, 311, 312, // ptrace process_vm_readv process_vm_writev kcmp
      165, 166, 155, 161, 272, 308, // mount umount2 pivot_root chroot unshare setns
      248, 249, 250, // add_key request_key keyctl
      321, 323, 298, // bpf userfaultfd perf_event_open
      175, 313, 176, 246, 320, // init_module finit_module delete_module kexec_load kexec_file_load
      303, 304, // name_to_handle_at open_by_handle_at
      163, 167, 168, 169, 179, // acct swapon swapoff reboot quotactl
      ...MODERN,
    ],
  },
  arm64: {
    audit: 0xc00000b7,
    clone: 220,
    x32: false,
    // biome-ignore format: in the order of the groups, a group a line
    denied: [
      198, 199, // socket socketpair
      117, 270, 271, 272, // ptrace process_vm_readv process_vm_writev kcmp
      40, 39, 41, 51, 97, 268, // mount umount2 pivot_root chroot unshare setns
      217, 218, 219, // add_key request_key keyctl
      280, 282, 241, // bpf userfaultfd perf_event_open
      105, 273, 106, 104, 294, // init_module finit_module delete_module kexec_load kexec_file_load
      264, 265, // name_to_handle_at open_by_handle_at
      89, 224, 225, 142, 60, // acct swapon swapoff reboot quotactl
      ...MODERN,
    ],
  },
}

const CLONE3 = 435

/** The filter for this kind of machine, or undefined for one whose call numbers are not known here. */
export function seccompFilter(architecture: NodeJS.Architecture = process.arch): Uint8Array | undefined {
  const machine = MACHINES[architecture]
  if (!machine || endianness() !== 'LE') return undefined
  const program: [code: number, jumpTrue: number, jumpFalse: number, value: number][] = []
  program.push([LOAD_WORD, 0, 0, ARCHITECTURE])
  // A call from another architecture (32 bit on x86-64) has other numbers: nothing here would fit it.
  program.push([JUMP_EQUAL, 1, 0, machine.audit], [RETURN, 0, 0, KILL_PROCESS])
  program.push([LOAD_WORD, 0, 0, NUMBER])
  if (machine.x32) program.push([JUMP_AT_LEAST, 0, 1, X32], [RETURN, 0, 0, ERRNO | ENOSYS])
  for (const call of machine.denied) program.push([JUMP_EQUAL, 0, 1, call], [RETURN, 0, 0, ERRNO | EPERM])
  // clone3 hides its flags behind a pointer, where no filter can look; the C library falls back to clone on ENOSYS.
  program.push([JUMP_EQUAL, 0, 1, CLONE3], [RETURN, 0, 0, ERRNO | ENOSYS])
  // clone makes threads, and nothing else. The last four lines of the program: threads, the rest, other calls.
  program.push([JUMP_EQUAL, 0, 3, machine.clone], [LOAD_WORD, 0, 0, FIRST_ARGUMENT])
  program.push([JUMP_BITS, 1, 0, CLONE_THREAD], [RETURN, 0, 0, ERRNO | EPERM])
  program.push([RETURN, 0, 0, ALLOW])

  const bytes = new Uint8Array(program.length * 8)
  const view = new DataView(bytes.buffer)
  for (const [index, [code, jumpTrue, jumpFalse, value]] of program.entries()) {
    view.setUint16(index * 8, code, true)
    view.setUint8(index * 8 + 2, jumpTrue)
    view.setUint8(index * 8 + 3, jumpFalse)
    view.setUint32(index * 8 + 4, value >>> 0, true)
  }
  return bytes
}
