import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ZmqError } from '../../foundation/errors.js';
import { ProbeDial, ProbeListener } from '../../testing/byte-transport-harness.js';
import { describeByteTransport } from '../../testing/describe-byte-transport.js';
import { itWhen } from '../../testing/it-when.js';
import { IpcTransport } from './ipc-transport.js';

const directory = mkdtempSync(join(tmpdir(), 'ipc-spec-'));
let count = 0;
const newPath = (): string => join(directory, `s${++count}`);

afterAll(() => rmSync(directory, { recursive: true }));

describeByteTransport('ipc', () => new IpcTransport(), '*', newPath);
if (process.platform === 'linux')
  describeByteTransport(
    'ipc with abstract names',
    () => new IpcTransport(),
    '*',
    () => `@${newPath()}`,
  );

describe('IpcTransport', () => {
  const transport = new IpcTransport();
  const listening: ProbeListener[] = [];

  async function listen(address: string): Promise<ProbeListener> {
    const listener = await ProbeListener.start(transport, address);
    listening.push(listener);
    return listener;
  }

  function listenSync(address: string): ProbeListener {
    const listener = ProbeListener.startSync(transport, address);
    listening.push(listener);
    return listener;
  }

  afterEach(() => {
    for (const listener of listening.splice(0)) listener.close();
  });

  it('names the path as the endpoint and as the peer', async () => {
    const path = newPath();
    const listener = await listen(path);
    expect(listener.endpoint).toBe(`ipc://${path}`);
    const dialler = await new ProbeDial(transport, path).stream();
    expect(dialler.stream.remoteAddress).toBe(path);
    expect((await listener.nth(0)).stream.remoteAddress).toBe(path);
  });

  it('removes its file when it closes', async () => {
    const path = newPath();
    const listener = await listen(path);
    expect(lstatSync(path).isSocket()).toBe(true);
    listener.listener.close();
    expect(existsSync(path)).toBe(false);
  });

  it('makes a directory of its own for *, which only this user enters, and removes it', async () => {
    const listener = await listen('*');
    const made = dirname(listener.address);
    expect(lstatSync(made).mode & 0o777).toBe(0o700);
    listener.listener.close();
    expect(existsSync(made)).toBe(false);
  });

  it('makes one for whatever begins with * (libzmq looks no further)', async () => {
    expect((await listen('*.sock')).address).toMatch(/\/socket$/);
    expect(() => transport.checkDial('*.sock')).toThrow(expect.objectContaining({ code: 'EINVAL' }) as Error);
  });

  it('tells why it could not remove its directory', async () => {
    const listener = await listen('*');
    const other = join(dirname(listener.address), 'other');
    writeFileSync(other, '');
    expect(listener.listener.close()).toMatchObject({ code: 'ENOTEMPTY' });
    expect(listener.listener.close()).toBeUndefined();
    rmSync(dirname(other), { recursive: true });
  });

  itWhen(process.getuid?.() !== 0, 'root may remove every file, so EACCES cannot be had')(
    'tells why it could not remove its file',
    async () => {
      const locked = newPath();
      mkdirSync(locked);
      const listener = await listen(join(locked, 's'));
      chmodSync(locked, 0o500);
      expect(listener.listener.close()).toMatchObject({ code: 'EACCES' });
      chmodSync(locked, 0o700);
      rmSync(join(locked, 's'));
    },
  );

  it('does not miss what is gone, nor remove what is not its own', async () => {
    const [first, second] = [await listen('*'), await listen(newPath())];
    rmSync(dirname(first.address), { recursive: true });
    expect(first.listener.close()).toBeUndefined();
    renameSync(second.address, `${second.address}.away`);
    mkdirSync(second.address);
    expect(second.listener.close()).toBeUndefined();
    expect(existsSync(second.address)).toBe(true);
    rmSync(`${second.address}.away`);
  });

  it('takes a relative path, and finds its file again from another directory', async () => {
    const [before, elsewhere] = [process.cwd(), join(directory, 'elsewhere')];
    mkdirSync(elsewhere);
    process.chdir(directory);
    try {
      const listener = await listen('relative');
      expect(listener.endpoint).toBe('ipc://relative');
      await new ProbeDial(transport, 'relative').stream();
      process.chdir(elsewhere);
      writeFileSync('relative', 'precious');
      listener.listener.close();
      expect([existsSync('relative'), existsSync('../relative')]).toEqual([true, false]);
    } finally {
      process.chdir(before);
    }
  });

  it.each(['listen', 'listenSync'] as const)(
    '%s takes the place of a socket file that nobody listens at',
    async (by) => {
      const path = newPath();
      await leaveStaleFile(path);
      const listener = by === 'listen' ? await listen(path) : listenSync(path);
      await new ProbeDial(transport, path).stream();
      expect(listener.endpoint).toBe(`ipc://${path}`);
    },
  );

  it('listenSync leaves an address to him who has it, and says what else is wrong as listen does', async () => {
    const path = newPath();
    const listener = await listen(path);
    expect(() => listenSync(path)).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }) as Error);
    await new ProbeDial(transport, path).stream();
    await listener.nth(0);
    expect(() => listenSync(directory)).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }) as Error);
    expect(() => listenSync(join(directory, 'missing', 's'))).toThrow(
      expect.objectContaining({ code: 'ENOENT', message: expect.stringMatching(/make it first/) as string }) as Error,
    );
    expect(() => listenSync(`/tmp/${'x'.repeat(110)}`)).toThrow(
      expect.objectContaining({ code: 'ENAMETOOLONG' }) as Error,
    );
  });

  it('never removes what is no socket', async () => {
    const file = newPath();
    writeFileSync(file, 'precious');
    await expect(listen(file)).rejects.toMatchObject({ code: 'EADDRINUSE', address: `ipc://${file}` });
    expect(existsSync(file)).toBe(true);
    await expect(listen(directory)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('leaves the address to one of two that find the same stale file', async () => {
    const path = newPath();
    await leaveStaleFile(path);
    const outcomes = await Promise.allSettled([listen(path), listen(path)]);
    const won = outcomes.filter(({ status }) => status === 'fulfilled');
    const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect([won.length, lost.length]).toEqual([1, 1]);
    expect(lost[0]!.reason).toMatchObject({ code: 'EADDRINUSE' });
    await new ProbeDial(transport, path).stream();
  });

  it('says ENOENT for a missing directory, and how to go on', async () => {
    const address = join(directory, 'missing', 's');
    const refused = listen(address);
    await expect(refused).rejects.toBeInstanceOf(ZmqError);
    await expect(refused).rejects.toMatchObject({
      code: 'ENOENT',
      address: `ipc://${address}`,
      message: expect.stringMatching(/directory .* does not exist; make it/) as string,
    });
  });

  itWhen(process.getuid?.() !== 0, 'root may write into every directory, so EACCES cannot be had')(
    'says EACCES for a directory without rights',
    async () => {
      const locked = newPath();
      mkdirSync(locked);
      chmodSync(locked, 0o500);
      await expect(listen(join(locked, 's'))).rejects.toMatchObject({ code: 'EACCES' });
    },
  );

  it('refuses a path that would be cut', async () => {
    const long = `/tmp/${'x'.repeat(110)}`;
    await expect(listen(long)).rejects.toMatchObject({ code: 'ENAMETOOLONG', address: `ipc://${long}` });
    const refusal = expect.objectContaining({ code: 'ENAMETOOLONG' }) as Error;
    expect(() => transport.checkDial(long)).toThrow(refusal);
    expect(() => transport.checkListen(long)).toThrow(refusal);
  });

  it('refuses to connect to *', () => {
    expect(() => transport.checkDial('*')).toThrow(
      expect.objectContaining({ code: 'EINVAL', address: 'ipc://*' }) as Error,
    );
  });

  /** A listener's file survives its listener under another name: node removes only the name it knows. */
  async function leaveStaleFile(path: string): Promise<void> {
    const listener = await ProbeListener.start(transport, `${path}.tmp`);
    renameSync(`${path}.tmp`, path);
    listener.close();
    expect(lstatSync(path).isSocket()).toBe(true);
  }
});
