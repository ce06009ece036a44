/** Sources: what was uploaded. Opens a source for a program, looks at it in the jail, copies it into another container, and reads its own frames. */
export { type Arrived, findIndex, readFrames, readLayouts, readTable, soundTableOf, tableOf } from './frames.ts'
export { reachOf } from './linear.ts'
export { listen, passSound, soundCopyKey } from './listen.ts'
export { lookAt, pictureAt, remux } from './look.ts'
export { lookLimits, runJailed } from './run.ts'
export { isStaged, readSource, sourceBytes, stagedSource } from './source.ts'
export { tryOut } from './trial.ts'
export { type OpenedSource, openSource, runOnSource } from './window.ts'
