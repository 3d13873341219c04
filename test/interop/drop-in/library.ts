import type { MessageLike } from 'zeromq';
import { classNames, type Loose, open } from './classes.js';
import type { Notes, Zmq } from './notes.js';

/** What is beside the sockets, and what a program can make of the classes. */
export async function observe(zmq: Zmq, notes: Notes): Promise<void> {
  notes.note('exports', Object.keys(zmq).sort());
  notes.note('version', zmq.version);
  notes.note('what capability tells of', Object.keys(zmq.capability).sort());
  for (const [name, value] of Object.entries(zmq.capability)) notes.note(`capability.${name}`, value);
  await notes.outcome('curveKeyPair()', () => {
    const { publicKey, secretKey, ...rest } = zmq.curveKeyPair();
    return [publicKey.length, secretKey.length, publicKey === secretKey, rest];
  });
  notes.note('the context', [
    zmq.context instanceof zmq.Context,
    Object.keys(zmq.context),
    Object.isSealed(zmq.context),
  ]);
  const own = new zmq.Context({ maxSockets: 5, blocky: false });
  notes.note('a context of its own', [own.maxSockets, own.blocky, own.maxSocketsLimit, own === zmq.context]);
  const options = { context: own, linger: 3 };
  const socket = open(zmq, 'Dealer', options);
  notes.note('its sockets', [socket.context === own, socket.linger]);
  notes.note('the options that were given', Object.keys(options));
  socket.close();

  for (const name of classNames) {
    const instance = open(zmq, name, { linger: 0 });
    notes.note(`${name}: what it is`, [
      instance instanceof zmq.Socket,
      instance.constructor.name,
      Object.prototype.toString.call(instance),
      Object.getPrototypeOf(zmq[name]) === zmq.Socket,
    ]);
    instance.close();
  }
  await observeSubclasses(zmq, notes);
}

async function observeSubclasses(zmq: Zmq, notes: Notes): Promise<void> {
  const Any = zmq.Socket as unknown as new (type: number, options?: object) => Loose;
  class Channel extends Any {
    constructor(options?: object) {
      super(20, options);
    }
  }
  class Loud extends zmq.Push {
    override send(message: MessageLike | MessageLike[]): Promise<void> {
      return super.send([message as string, '!']);
    }
  }
  class Numbered extends zmq.Dealer {
    get backlogByNumber(): number {
      return this.getInt32Option(19);
    }
    set backlogByNumber(value: number) {
      this.setInt32Option(19, value);
    }
  }
  class WithField extends zmq.Dealer {
    name = 'x';
  }

  const [left, right] = [new Channel({ linger: 0 }), new Channel({ linger: 0 })];
  await left.bind('inproc://drop-in-channel');
  right.connect('inproc://drop-in-channel');
  await right['send']!('by number');
  notes.note('a type without a class', [right.type, await left['receive']!()]);
  const [loud, pull] = [new Loud({ linger: 0 }), open(zmq, 'Pull')];
  await pull.bind('inproc://drop-in-loud');
  loud.connect('inproc://drop-in-loud');
  await loud.send('hey');
  notes.note('a send of a subclass', await pull['receive']!());
  const numbered = new Numbered();
  numbered.backlogByNumber = 7;
  notes.note('an accessor of a subclass', [numbered.backlogByNumber, numbered.backlog]);
  await notes.outcome('an accessor of a subclass as an option', () => {
    return new Numbered({ backlogByNumber: 9 } as object).backlog;
  });
  await notes.outcome('a subclass with a field', () => new WithField().name);
  for (const each of [left, right, loud, pull, numbered]) each.close();
}
