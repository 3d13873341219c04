/** The values of npm `zeromq/v5-compat`: what `@nest-zmq/core/zeromq/v5-compat` is, by `import` and by `require`. */
export { version } from '../api/compat/library.js';
export * from '../api/compat/v5/constants.js';
export { Context, createSocket, createSocket as socket, curveKeypair, proxy } from '../api/compat/v5/library.js';
export { shortOptions as options } from '../api/compat/v5/options.js';
export { Socket, type SocketType } from '../api/compat/v5/socket.js';
