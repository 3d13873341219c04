import { Controller } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { Context } from '@nest-zmq/core';
import { message } from '../support/raw-bytes.js';
import { RawPeer } from '../support/raw-peer.js';
import { appsForEach } from './support/apps.js';
import { ManualClock } from './support/manual.clock.js';
import { turns, until } from './turns.js';

@Controller()
class EchoController {
  @MessagePattern('echo')
  echo(data: unknown): unknown {
    return data;
  }
}

/** A call as a DEALER sends it, byte for byte. */
const call = message('\0\0\0\x01', '', 'echo', '"x"');

describe('a connection that stalls', () => {
  const apps = appsForEach();
  let clock: ManualClock;
  let raw: RawPeer;
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
    await raw.handshake('DEALER');
    await until(() => server.unwrap().calls?.peers.length === 1);
  });

  it('a peer that falls silent in the middle of a message is given up', async () => {
    raw.write(call.subarray(0, 9));
    await turns(5);
    for (let i = 0; i < 5 && lost.length === 0; i++) {
      clock.advance(1_000);
      await turns(5);
    }
    await raw.ended;
    await until(() => lost.length === 1);
  });

  it('a slow peer that goes on is served', async () => {
    for (const byte of call) {
      raw.write(Buffer.of(byte));
      await turns(5);
      clock.advance(400);
    }
    const frames: string[] = [];
    while (frames.at(-1) !== '"x"') {
      const received = (await raw.readFrame()).subarray(2);
      // PINGs are commands: what it is asked meanwhile.
      if (!received.subarray(1).toString('latin1').startsWith('PING')) frames.push(received.toString('latin1'));
    }
    expect(frames).toEqual(['\0\0\0\x01', '', '\x01', '"x"']);
    expect(lost).toEqual([]);
  });
});
