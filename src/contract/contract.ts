/** Every endpoint of the platform by name: what the server mounts, the client calls and the reference lists. */
import * as accounts from './accounts.ts'
import * as channels from './channels.ts'
import * as uploads from './uploads.ts'
import * as videos from './videos.ts'
import * as watch from './watch.ts'

export const contract = {
  signUp: accounts.signUp,
  signIn: accounts.signIn,
  signOut: accounts.signOut,
  me: accounts.me,
  createToken: accounts.createToken,
  listTokens: accounts.listTokens,
  removeToken: accounts.removeToken,
  getChannel: channels.getChannel,
  listChannelVideos: channels.listChannelVideos,
  createVideo: videos.createVideo,
  listVideos: videos.listVideos,
  listMyVideos: videos.listMyVideos,
  getVideo: videos.getVideo,
  listVideoFiles: videos.listVideoFiles,
  editVideo: videos.editVideo,
  removeVideo: videos.removeVideo,
  uploadLimits: uploads.uploadLimits,
  listUploads: uploads.listUploads,
  startPlayback: watch.startPlayback,
  sendBeacon: watch.sendBeacon,
} as const

export type Contract = typeof contract
export type EndpointName = keyof Contract
