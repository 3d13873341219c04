import { ZmqClient } from '@nest-zmq/transport';
import { firstValueFrom } from 'rxjs';

// Keys for this example only: `npx -p @nest-zmq/core nest-zmq keygen --json` makes yours.
const { SERVER_PUBLIC = 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7' } = process.env;
const { CLIENT_SECRET = 'D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs' } = process.env;

const client = new ZmqClient({
  connect: 'tcp://127.0.0.1:5572',
  security: { mechanism: 'CURVE', serverKey: SERVER_PUBLIC, secretKey: CLIENT_SECRET },
});
try {
  console.log(await firstValueFrom(client.send<string>('greet', {})));
} catch (error) {
  const { message, cause } = error as Error;
  console.log(`${message} (${String(cause)})`);
}
await client.close();
