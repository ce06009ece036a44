/** Sources: what was uploaded. Opens a source for a program, looks at it in the jail, copies it into another container, and reads its own frames. */
export { copyFromStream, indexMatroska, remux } from './copy.ts'
export { type Arrived, findIndex, readFrames, readLayouts, readTable, soundTableOf, tableOf } from './frames.ts'
export { reachOf } from './linear.ts'
export { listen, passSound, soundCopyKey } from './listen.ts'
export { lookAt, pictureAt } from './look.ts'
export { lookLimits, runJailed } from './run.ts'
export { isStaged, readSource, sourceBytes, stagedSource } from './source.ts'
export { type OpenedSource, openSource, runOnSource } from './window.ts'
