import 'reflect-metadata';
import { ZmqPool } from '@nest-zmq/transport';

/* The pool 'jobs' with acknowledgement in a process of its own, so that it can be killed: it pushes what it is told. */

const [endpoint = ''] = process.argv.slice(2);
const pool = new ZmqPool('jobs', { bind: endpoint, ack: 'explicit' });
const [bound] = await pool.open();
process.on('message', (job) => void pool.push('job', job).then(() => process.send?.({ accepted: job })));
process.send?.({ bound });
