import { Stream } from '@nest-zmq/core';
import { socketTypes } from '../../libs/zmq-core/src/foundation/socket-type.js';
import { bytes, frame, greeting, GREETING_SIZE, message, pattern, ready } from '../support/raw-bytes.js';
import { closedAfterEach } from '../support/sockets.js';
import { libraries, LibzmqPeer, type RemoteSocket, whileTicking } from './libzmq-peer.js';

const STREAM = socketTypes.STREAM.id;
const STREAM_NOTIFY = 73;

/** Bytes in whatever pieces they come, from either library. */
interface End {
  receive(): Promise<readonly [id: string, body: string]>;
  send(id: string, body: string): Promise<void>;
}

function ours(stream: Stream): End {
  return {
    receive: async () => (await stream.receive()).map((part) => part.toString('latin1')) as [string, string],
    send: (id, body) => stream.send([Buffer.from(id, 'latin1'), Buffer.from(body, 'latin1')]),
  };
}

function theirs(socket: RemoteSocket): End {
  return {
    receive: async () => (await socket.receive()) as unknown as [string, string],
    send: (id, body) => socket.send([id, body]),
  };
}

/** The id of the next connection, which tells of its beginning. */
async function joined(end: End): Promise<string> {
  const [id, notice] = await end.receive();
  expect([id.length, notice]).toEqual([5, '']);
  return id;
}

async function expectBytes(end: End, id: string, expected: string): Promise<void> {
  let all = '';
  while (all.length < expected.length) {
    const [from, piece] = await end.receive();
    expect(from).toBe(id);
    all += piece;
  }
  expect(all === expected).toBe(true);
}

for (const library of libraries) {
  (library.missing === undefined ? describe : describe.skip)(`STREAM with ${library.name}`, () => {
    const open = closedAfterEach();
    let peer: LibzmqPeer;

    beforeAll(async () => {
      peer = await LibzmqPeer.start(library);
    });

    afterAll(() => peer.stop());

    describe.each([
      ['tcp', 'tcp://127.0.0.1:*'],
      ['ipc', 'ipc://*'],
    ])('over %s', (_name, wildcard) => {
      it.each([
        ['bound', true],
        ['connecting', false],
      ] as const)('ours, %s: beginning, bytes both ways, end', async (_how, weBind) => {
        const stream = open(new Stream({ linger: 0, reconnectInterval: -1 }));
        const remote = await peer.open(STREAM);
        if (weBind) {
          await stream.bind(wildcard);
          await remote.connect(stream.lastEndpoint!);
        } else {
          stream.connect(await remote.bind(wildcard));
        }
        const [our, their] = [ours(stream), theirs(remote)];
        const [ourId, theirId] = [await joined(our), await joined(their)];
        // Pieces below the size from which parts travel between the processes as a description.
        const bodies = ['x', 'some words', '\0\xff\x80', pattern(4000).toString('latin1')];
        for (const body of bodies) {
          await our.send(ourId, body);
          await expectBytes(their, theirId, body);
          await their.send(theirId, body);
          await expectBytes(our, ourId, body);
        }
        await their.send(theirId, 'last words');
        await their.send(theirId, '');
        await expectBytes(our, ourId, 'last words');
        // libzmq goes on with the end when its socket is asked something.
        expect(await whileTicking(our.receive(), () => peer.ping())).toEqual([ourId, '']);
        await expect(our.send(ourId, 'x')).rejects.toMatchObject({ code: 'EHOSTUNREACH' });
        await remote.close();
      });

      it('an end that is ours is told to it, behind what was sent before', async () => {
        const stream = open(new Stream({ linger: 0 }));
        const remote = await peer.open(STREAM);
        stream.connect(await remote.bind(wildcard));
        const [our, their] = [ours(stream), theirs(remote)];
        const [ourId, theirId] = [await joined(our), await joined(their)];
        await our.send(ourId, 'last words');
        await our.send(ourId, '');
        await expectBytes(their, theirId, 'last words');
        expect(await their.receive()).toEqual([theirId, '']);
        await remote.close();
      });
    });

    it('without its notices too', async () => {
      const stream = open(new Stream({ linger: 0, notify: false }));
      const remote = await peer.open(STREAM, { [STREAM_NOTIFY]: 0 });
      stream.connect(await remote.bind('tcp://127.0.0.1:*'), { routingId: 'remote' });
      await stream.send(['remote', 'hello']);
      const [id, body] = await remote.receive();
      expect(body).toBe('hello');
      await remote.send([id!, 'hello to you']);
      expect((await stream.receive()).map(String)).toEqual(['remote', 'hello to you']);
      await remote.close();
    });

    it('a ZMTP peer written with it talks to a DEALER', async () => {
      const stream = open(new Stream({ linger: 0 }));
      await stream.bind('tcp://127.0.0.1:*');
      const dealer = await peer.open(socketTypes.DEALER.id);
      await dealer.connect(stream.lastEndpoint!);
      await dealer.send(['hello', '']);
      const [id] = await stream.receive();
      let received = Buffer.alloc(0);
      const read = async (size: number): Promise<Buffer> => {
        while (received.length < size) received = Buffer.concat([received, (await stream.receive())[1]]);
        const taken = received.subarray(0, size);
        received = received.subarray(size);
        return taken;
      };
      await stream.send([id, greeting()]);
      expect((await read(GREETING_SIZE)).subarray(9, 11)).toEqual(bytes('7F 03'));
      await stream.send([id, ready('ROUTER', '')]);
      expect(await read(43)).toEqual(ready('DEALER', ''));
      expect(await read(9)).toEqual(message('hello', ''));
      await stream.send([id, frame(0, Buffer.from('raw'))]);
      expect(await dealer.receive()).toEqual(['raw']);
      await dealer.close();
    });
  });
}
