/** A ZAP handler and the sockets that it guards, as a program for zeromq.js has them: PLAIN, CURVE, and NULL with a domain. */
import * as zmq from 'zeromq';

const passwords: Record<string, string> = { admin: 'secret', eve: 'guessed' };
const serverKeys = {
  publicKey: 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7',
  secretKey: 'JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6',
};
const clientKeys = zmq.curveKeyPair();

/** Tells what the handler is asked. */
const asked: string[] = [];

async function handleZap(handler: zmq.Reply): Promise<void> {
  for await (const [version, id, domain, address, routingId, mechanism, ...credentials] of handler) {
    const shown = String(mechanism) === 'CURVE' ? [credentials[0]!.length] : credentials.map(String);
    asked.push([version, domain, address, routingId, mechanism].map(String).concat(shown.map(String)).join(' '));
    const [name, password] = credentials.map(String);
    const admits = String(mechanism) !== 'PLAIN' || passwords[name!] === password;
    await handler.send([version!, id!, admits ? '200' : '400', admits ? 'OK' : 'No', admits ? 'user' : '', '']);
  }
}

async function exchange(server: zmq.Router, client: zmq.Dealer): Promise<void> {
  await server.bind('tcp://127.0.0.1:*');
  client.connect(server.lastEndpoint!);
  await client.send('hello');
  const [id, text] = await server.receive();
  await server.send([id!, `${String(text)} to you`]);
  console.log(String(server.securityMechanism), String(client.securityMechanism), String((await client.receive())[0]));
  server.close();
  client.close();
}

async function refused(server: zmq.Router, client: zmq.Dealer): Promise<void> {
  await server.bind('tcp://127.0.0.1:*');
  const seen = (async () => {
    for await (const event of server.events) if (event.type === 'handshake:error:auth') return event.error;
    return undefined;
  })();
  client.connect(server.lastEndpoint!);
  const error = await seen;
  console.log('refused:', error?.message, error?.status);
  client.close();
  server.close();
}

async function main(): Promise<void> {
  console.log('curve:', zmq.capability.curve, clientKeys.publicKey.length, clientKeys.secretKey.length);
  const handler = new zmq.Reply();
  await handler.bind('inproc://zeromq.zap.01');
  const handling = handleZap(handler);

  await exchange(
    new zmq.Router({ linger: 0, plainServer: true, zapDomain: 'accounts', routingId: 'server' }),
    new zmq.Dealer({ linger: 0, plainUsername: 'admin', plainPassword: 'secret' }),
  );
  await exchange(
    new zmq.Router({ linger: 0, curveServer: true, curveSecretKey: serverKeys.secretKey, zapDomain: 'keys' }),
    new zmq.Dealer({
      linger: 0,
      curveServerKey: serverKeys.publicKey,
      curvePublicKey: clientKeys.publicKey,
      curveSecretKey: clientKeys.secretKey,
    }),
  );
  await exchange(new zmq.Router({ linger: 0, zapDomain: 'open' }), new zmq.Dealer({ linger: 0 }));
  await refused(
    new zmq.Router({ linger: 0, plainServer: true, zapDomain: 'accounts' }),
    new zmq.Dealer({ linger: 0, plainUsername: 'eve', plainPassword: 'wrong' }),
  );

  handler.close();
  await handling;
  for (const request of asked) console.log('asked:', request);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
