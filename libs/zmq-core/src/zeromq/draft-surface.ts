/** The values of npm `zeromq/draft`: what `@nest-zmq/core/zeromq/draft` is, by `import` and by `require`. */
export { Client, Datagram, Dish, Gather, Radio, Scatter, Server } from '../api/compat/draft-sockets.js';
