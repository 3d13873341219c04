import { Controller } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { Context, decodeZ85 } from '@nest-zmq/core';
import { asked } from '../support/asked.js';
import { message } from '../support/raw-bytes.js';
import { bodyOf, loadSodium, RawCurveClient } from '../support/raw-curve.js';
import { RawPeer } from '../support/raw-peer.js';
import { type Apps, appsForEach, type TransportName } from './support/apps.js';
import { ManualClock } from './support/manual.clock.js';
import { turns, until } from './turns.js';

@Controller()
class EchoController {
  @MessagePattern('echo')
  echo(data: unknown): unknown {
    return data;
  }
}

/** Of a call, as a DEALER sends it. */
const PARTS = ['\0\0\0\x01', '', 'echo', '"x"'] as const;

/** A client that says what it says byte for byte. */
interface Speaker {
  /** The whole call. */
  readonly call: Buffer;
  /** The next frame of a message; PINGs, which it is asked meanwhile, are left out. */
  read(): Promise<string>;
}

async function inTheClear(raw: RawPeer): Promise<Speaker> {
  await raw.handshake('DEALER');
  const read = async (): Promise<string> => {
    const frame = await raw.readFrame();
    return ((frame[0] ?? 0) & 4) === 0 ? bodyOf(frame).toString('latin1') : read();
  };
  return { call: message(...PARTS), read };
}

async function encrypted(raw: RawPeer, apps: Apps): Promise<Speaker> {
  const { curveServerKey, curvePublicKey, curveSecretKey } = apps.socketOptions();
  const key = (text: string | Buffer | null | undefined): Buffer => decodeZ85(String(text));
  const pair = { publicKey: key(curvePublicKey), secretKey: key(curveSecretKey) };
  const client = new RawCurveClient(raw, key(curveServerKey), pair);
  await client.shakeHands();
  const read = async (): Promise<string> => {
    const { flags, payload } = client.open(bodyOf(await raw.readFrame()));
    return (flags & 2) === 0 ? payload.toString('latin1') : read();
  };
  const last = PARTS.length - 1;
  return { call: Buffer.concat(PARTS.map((part, i) => client.message(part, { flags: i < last ? 1 : 0 }))), read };
}

/** Over inproc whole messages are handed over: there is no middle of one. */
const transports = ['tcp', 'ipc', 'CURVE'] as const satisfies readonly TransportName[];

beforeAll(loadSodium);

describe.each(transports)('a connection that stalls, over %s', (transport) => {
  const apps = appsForEach(transport);
  let clock: ManualClock;
  let raw: RawPeer;
  let speaker: Speaker;
  const lost: string[] = [];

  beforeEach(async () => {
    clock = new ManualClock();
    lost.length = 0;
    const context = new Context({}, { clock });
    apps().defer(() => context.terminate());
    const { server, calls } = await apps().serve([EchoController], {
      context,
      events: undefined,
      heartbeat: { interval: 1_000, timeout: 1_000 },
    });
    server.on('disconnect', (_peer, reason) => lost.push(reason.code));
    raw = await RawPeer.connect(calls[0] ?? '');
    apps().defer(() => raw.end());
    speaker = transport === 'CURVE' ? await encrypted(raw, apps()) : await inTheClear(raw);
    await until(() => server.unwrap().calls?.peers.length === 1);
  });

  /** Resolves when the server has read it. */
  async function say(bytes: Buffer): Promise<void> {
    const read = asked(clock);
    raw.write(bytes);
    await read();
  }

  it('a peer that falls silent in the middle of a message is given up', async () => {
    await say(speaker.call.subarray(0, 9));
    for (let i = 0; i < 5 && lost.length === 0; i++) {
      clock.advance(1_000);
      await turns(5);
    }
    await raw.ended;
    await until(() => lost.length === 1);
  });

  it('a slow peer that goes on is served', async () => {
    for (const byte of speaker.call) {
      await say(Buffer.of(byte));
      clock.advance(400);
    }
    const frames: string[] = [];
    while (frames.at(-1) !== '"x"') frames.push(await speaker.read());
    expect(frames).toEqual(['\0\0\0\x01', '', '\x01', '"x"']);
    expect(lost).toEqual([]);
  });
});
