import { ZmqClient } from '@nest-zmq/transport';
import { lastValueFrom } from 'rxjs';

// 'connect' takes a list as well: calls then go round all servers that are there
const client = new ZmqClient({ connect: 'tcp://127.0.0.1:5555' });
console.log(await lastValueFrom(client.send<number>('sum', [1, 2, 3])));
await client.close();
