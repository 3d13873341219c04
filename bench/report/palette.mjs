/** One colour a contender over all charts: Okabe and Ito's, which colour-blind readers tell apart. */
const COLOURS = {
  ours: '#0072B2',
  'ours-promises': '#56B4E9',
  'ours-polling': '#009E73',
  'ours-native': '#0072B2',
  'ours-wasm': '#56B4E9',
  libzmq: '#D55E00',
  npm: '#E69F00',
  net: '#8C8C8C',
  'ours→libzmq': '#009E73',
  'libzmq→ours': '#CC79A7',
  'nest-zmq': '#0072B2',
  'nest-zmq-acked': '#56B4E9',
  'nest-zmq-polling': '#009E73',
  'nest-tcp': '#8C8C8C',
  'nest-nats': '#009E73',
  'nest-redis': '#D55E00',
  'nest-rmq': '#E69F00',
  'nest-mqtt': '#CC79A7',
  'nest-grpc': '#56B4E9',
};
const OTHERS = ['#F0E442', '#7A5195', '#A6761D', '#66A61E'];

/** The colours of these contenders, in their order. */
export function coloursOf(ids) {
  const others = ids.filter((id) => COLOURS[id] === undefined);
  return ids.map((id) => COLOURS[id] ?? OTHERS[others.indexOf(id) % OTHERS.length]);
}
