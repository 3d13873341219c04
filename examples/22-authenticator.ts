import { Authenticator, curveKeyPair, Reply, Request } from '@nest-zmq/core';

const server = curveKeyPair();
const alice = curveKeyPair();

const authenticator = new Authenticator();
authenticator.configureCurve('*', ({ publicKey }) => publicKey === alice.publicKey && { userId: 'Alice' });

const reply = new Reply({ curveServer: true, curveSecretKey: server.secretKey });
await reply.bind('tcp://127.0.0.1:*');

const request = new Request({
  curveServerKey: server.publicKey,
  curvePublicKey: alice.publicKey,
  curveSecretKey: alice.secretKey,
});
request.connect(reply.lastEndpoint!);
await request.send('Who am I?');

const question = await reply.receive();
await reply.send(`You are ${reply.peerOf(question)?.properties['User-Id']}`);
console.log(String(await request.receive()));

request.close();
reply.close();
authenticator.close();
