import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Controller,
  type DynamicModule,
  Injectable,
  type INestApplicationContext,
  type LoggerService,
  Module,
  type Type,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { Ctx, EventPattern, MessagePattern, type MicroserviceOptions, Payload } from '@nestjs/microservices';
import { type Authenticator, Context, curveKeyPair, saveCertificate, type ZapRequest } from '@nest-zmq/core';
import {
  getZmqAuthenticatorToken,
  getZmqClientToken,
  getZmqPoolToken,
  getZmqWorkersToken,
  OnTask,
  ZapHandler,
  type ZmqAdmission,
  type ZmqAuthenticator,
  ZmqAuthenticatorError,
  ZmqClient,
  type ZmqClientOptions,
  ZmqContext,
  type ZmqListenInfo,
  ZmqModule,
  ZmqNoPeerError,
  ZmqOptionsError,
  ZmqPool,
  ZmqServer,
  type ZmqSecurityOptions,
  ZmqWorker,
  ZmqWorkers,
  zmqMicroservice,
} from '@nest-zmq/transport';
import { firstValueFrom } from 'rxjs';
import { Apps } from './support/apps.js';

const server = curveKeyPair();
const alice = curveKeyPair();
const bob = curveKeyPair();
const eve = curveKeyPair();

const asks: ZmqSecurityOptions = { mechanism: 'CURVE', secretKey: server.secretKey };
const shows = ({ secretKey }: { secretKey: string }): ZmqSecurityOptions => ({
  mechanism: 'CURVE',
  serverKey: server.publicKey,
  secretKey,
});

let apps: Apps;
let context: Context;
let heard: string[];
let onHeard: () => void;

beforeEach(() => {
  apps = new Apps();
  ({ context } = apps);
  heard = [];
  onHeard = () => {};
});
afterEach(() => apps.close());

async function untilHeard(text: string): Promise<void> {
  while (!heard.includes(text)) await new Promise<void>((resolve) => (onHeard = resolve));
}

function hear(text: string): void {
  heard.push(text);
  onHeard();
}

@Controller()
class WhoController {
  @MessagePattern('who')
  who(@Ctx() ctx: ZmqContext): string {
    return `${ctx.getUserId()} ${ctx.getPeer().properties['role']}`;
  }

  @(EventPattern('hello') as MethodDecorator)
  hello(@Payload() text: string, @Ctx() ctx: ZmqContext): void {
    hear(`${text} from ${ctx.getUserId()}`);
  }
}

@ZmqWorker('mails')
class MailWorker {
  @OnTask('send')
  send(@Payload() to: string, @Ctx() ctx: ZmqContext): void {
    hear(`${to} by ${ctx.getUserId()}`);
  }
}

@ZapHandler()
@Injectable()
class Accounts implements ZmqAuthenticator {
  readonly #names = new Map([[alice.publicKey, 'alice']]);

  async authenticate({ publicKey, username, password }: ZapRequest): Promise<ZmqAdmission> {
    await Promise.resolve();
    if (username === 'alice') return password === 'sesame';
    const userId = this.#names.get(publicKey);
    return userId !== undefined && { userId, properties: { role: 'customer' } };
  }
}

interface Served {
  readonly app: INestApplicationContext;
  readonly calls: string[];
  readonly events: string[];
}

async function serve(
  security: ZmqSecurityOptions | undefined,
  imports: DynamicModule[],
  providers: Type[],
  bind = 'tcp://127.0.0.1:*',
  logger: LoggerService | false = false,
  eventsBind = bind,
): Promise<Served> {
  @Module({ imports, providers, controllers: [WhoController] })
  class AppModule {}
  const strategy = apps.track(new ZmqServer({ context, bind, events: { bind: eventsBind }, security }));
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(AppModule, {
    strategy,
    logger,
    abortOnError: false,
  });
  apps.defer(() => app.close());
  const { calls, events } = (await (app.listen() as Promise<unknown>)) as ZmqListenInfo;
  return { app, calls: [...calls], events: [...events] };
}

function client(
  { calls, events }: Served,
  security: ZmqSecurityOptions | undefined,
  more: Partial<ZmqClientOptions> = {},
): ZmqClient {
  return apps.bareClient({ connect: calls, events: { connect: events }, security, ...more });
}

const who = (from: ZmqClient): Promise<string> => firstValueFrom(from.send<string>('who', {}));

/** A call that no server takes, with the reason that it fails with. */
async function refusal(from: ZmqClient): Promise<Error & { readonly code?: string; readonly status?: number }> {
  const error = await who(from).then(
    (answer) => {
      throw new Error(`it was answered: ${answer}`);
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ZmqNoPeerError);
  return (error as Error).cause as Error;
}

describe.each(['tcp://127.0.0.1:*', 'ipc://*'])('CURVE over %s', (address) => {
  it('calls and events of whom the application knows, by name', async () => {
    const served = await serve(asks, [ZmqModule.registerAuthenticator({ context })], [Accounts], address);
    const friend = client(served, shows(alice));
    expect(await who(friend)).toBe('alice customer');
    await firstValueFrom(friend.emit('hello', 'hi'), { defaultValue: undefined });
    await untilHeard('hi from alice');
  });

  it('a stranger’s calls fail with the reason, and the others do not notice', async () => {
    const served = await serve(asks, [ZmqModule.registerAuthenticator({ context })], [Accounts], address);
    const friend = client(served, shows(alice));
    expect(await who(friend)).toBe('alice customer');
    const stranger = client(served, shows(eve), { connectTimeout: 1_000 });
    expect((await refusal(stranger)).message).toContain('the peer refused us: "400"');
    const nameless = client(served, { mechanism: 'CURVE', serverKey: server.publicKey }, { connectTimeout: 1_000 });
    expect((await refusal(nameless)).message).toContain('the peer refused us: "400"');
    const unencrypted = client(served, undefined, { connectTimeout: 1_000 });
    expect(await refusal(unencrypted)).toMatchObject({ code: 'ERR_ZMTP_MECHANISM_MISMATCH' });
    const mistaken = client(served, { ...shows(alice), serverKey: eve.publicKey } as ZmqSecurityOptions, {
      connectTimeout: 1_000,
    });
    expect((await refusal(mistaken)).message).toContain('the peer refused us: "Malformed command"');
    const alsoAsks = client(served, asks, { connectTimeout: 1_000, handshakeTimeout: 200 });
    expect(await refusal(alsoAsks)).toMatchObject({ code: 'ETIMEDOUT' });
    expect(await who(friend)).toBe('alice customer');
  });

  it.each(['none', 'explicit'] as const)('pools with ack %s', async (ack) => {
    @Module({
      imports: [
        ZmqModule.registerAuthenticator({ context }),
        ZmqModule.registerWorkers({ pool: 'mails', context, bind: address, security: asks, ack }),
      ],
      providers: [Accounts, MailWorker],
    })
    class WorkerModule {}
    const workers = await NestFactory.createApplicationContext(WorkerModule, { logger: false, abortOnError: false });
    apps.defer(() => workers.close());
    const endpoint = workers.get<ZmqWorkers>(getZmqWorkersToken('mails')).unwrap().lastEndpoint;

    // The authenticator of the workers is not asked about the pool's own side.
    const elsewhere = new Context();
    @Module({
      imports: [
        ZmqModule.registerPool({
          name: 'mails',
          context: elsewhere,
          connect: endpoint!,
          ack,
          security: shows(alice),
        }),
      ],
    })
    class PoolModule {}
    const pools = await NestFactory.createApplicationContext(PoolModule, { logger: false, abortOnError: false });
    apps.defer(() => pools.close());
    await pools.get<ZmqPool>(getZmqPoolToken('mails')).push('send', 'bob');
    await untilHeard('bob by alice');
    expect(heard).toHaveLength(1);
    await pools.close();
    expect(elsewhere.sockets).toBe(0);
  });
});

it('a server that is started anew with another key is not believed, and when it has its own again all goes on', async () => {
  const anywhere = 'tcp://127.0.0.1:*';
  const open = (security: ZmqSecurityOptions, bind: string): Promise<Served> =>
    serve(security, [ZmqModule.registerAuthenticator({ context })], [Accounts], bind, false, anywhere);
  const first = await open(asks, anywhere);
  const [endpoint = ''] = first.calls;
  const friend = apps.bareClient({
    connect: endpoint,
    security: shows(alice),
    connectTimeout: 1_000,
    reconnect: { initialDelay: 10, maxDelay: 50 },
  });
  expect(await who(friend)).toBe('alice customer');
  await first.app.close();
  const impostor = await open({ mechanism: 'CURVE', secretKey: eve.secretKey }, endpoint);
  expect((await refusal(friend)).message).toContain('the peer refused us: "Malformed command"');
  await impostor.app.close();
  await open(asks, endpoint);
  await friend.connect();
  expect(await who(friend)).toBe('alice customer');
});

describe('PLAIN', () => {
  it('admits by password, and says who it is', async () => {
    const served = await serve({ mechanism: 'PLAIN' }, [ZmqModule.registerAuthenticator({ context })], [Accounts]);
    const friend = client(served, { mechanism: 'PLAIN', username: 'alice', password: 'sesame' });
    expect(await who(friend)).toBe('alice undefined');
    const stranger = client(
      served,
      { mechanism: 'PLAIN', username: 'alice', password: 'open' },
      { connectTimeout: 1_000 },
    );
    await refusal(stranger);
  });
});

describe('NULL', () => {
  it('in a domain asks about addresses', async () => {
    const rules = ZmqModule.registerAuthenticator({ context, deny: ['127.0.0.1'] });
    const served = await serve({ mechanism: 'NULL', domain: 'here' }, [rules], []);
    const stranger = client(served, undefined, { connectTimeout: 1_000 });
    await refusal(stranger);
    served.app.get<Authenticator>(getZmqAuthenticatorToken()).clearAddresses();
    expect(await who(client(served, { mechanism: 'NULL' }))).toBe('undefined undefined');
  });
});

describe('without an authenticator', () => {
  it('nobody comes in', async () => {
    const served = await serve(asks, [], []);
    expect(await refusal(client(served, shows(alice), { connectTimeout: 1_000 }))).toMatchObject({
      code: 'ECONNRESET',
    });
    const open = await serve({ mechanism: 'NULL', domain: 'here' }, [], []);
    await refusal(client(open, undefined, { connectTimeout: 1_000 }));
  });

  it('who knows the public key comes in where that is wanted', async () => {
    const served = await serve({ ...asks, requireAuthenticator: false } as ZmqSecurityOptions, [], []);
    expect(await who(client(served, { mechanism: 'CURVE', serverKey: server.publicKey }))).toBe('undefined undefined');
  });
});

describe('rules of the module', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nest-keys-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('keys in a folder, changed while the application runs', async () => {
    saveCertificate(join(folder, 'alice.key'), { ...alice, metadata: { role: 'admin' } });
    const served = await serve(asks, [ZmqModule.registerAuthenticator({ context, keys: folder })], []);
    expect(await who(client(served, shows(alice)))).toBe(`${alice.publicKey} admin`);
    // It is refused, and comes again until its key is there.
    const later = client(served, shows(eve), { reconnect: { initialDelay: 10, maxDelay: 20 }, connectTimeout: 10_000 });
    const authenticator = served.app.get<Authenticator>(getZmqAuthenticatorToken());
    const denied = new Promise((resolve) => authenticator.on('denied', resolve));
    const answer = who(later);
    await denied;
    saveCertificate(join(folder, 'eve.key'), eve);
    await authenticator.reload();
    expect(await answer).toBe(`${eve.publicKey} undefined`);
  });

  it('by domain, and a handler before them', async () => {
    @ZapHandler('strict')
    class Nobody implements ZmqAuthenticator {
      authenticate(): boolean {
        return false;
      }
    }
    const rules = ZmqModule.registerAuthenticator({
      context,
      keys: [alice.publicKey],
      domains: { strict: { keys: '*' }, open: { keys: '*' } },
    });
    const usual = await serve(asks, [rules], [Nobody]);
    const [open, strict] = ['open', 'strict'].map((domain) => {
      const security = { ...asks, domain } as ZmqSecurityOptions;
      return apps.track(new ZmqServer({ context, bind: 'tcp://127.0.0.1:*', security }));
    }) as [ZmqServer, ZmqServer];
    const served: Served[] = [];
    for (const each of [open, strict]) {
      each.addHandler('who', async (_data: unknown, ctx: ZmqContext) => ctx.getUserId() ?? 'nobody');
      apps.defer(() => each.close());
      const info = await new Promise<ZmqListenInfo>((resolve, reject) => {
        void each.listen((error, listening) => (listening === undefined ? reject(error as Error) : resolve(listening)));
      });
      served.push({ app: usual.app, calls: [...info.calls], events: [] });
    }
    const bare = (of: Served, keys: { secretKey: string }): ZmqClient =>
      apps.bareClient({ connect: of.calls, security: shows(keys), connectTimeout: 1_000 });
    expect(await who(bare(usual, alice))).toBe(`${alice.publicKey} undefined`);
    await refusal(bare(usual, eve));
    expect(await who(bare(served[0]!, eve))).toBe(eve.publicKey);
    await refusal(bare(served[1]!, alice));
  });

  it('from the ConfigService: of the server, its client, the workers, their pool, and who is admitted', async () => {
    const elsewhere = new Context();
    const configOf = (values: Record<string, string>): Promise<DynamicModule> =>
      ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => values] });
    const asksBy = (settings: ConfigService): ZmqSecurityOptions => ({
      mechanism: 'CURVE',
      secretKey: settings.getOrThrow<string>('OWN_KEY'),
    });
    const showsBy = (settings: ConfigService): ZmqSecurityOptions => ({
      mechanism: 'CURVE',
      serverKey: settings.getOrThrow<string>('SERVER_KEY'),
      secretKey: settings.getOrThrow<string>('OWN_KEY'),
    });
    const inject = [ConfigService];

    const ours = configOf({ OWN_KEY: server.secretKey, CLIENT_KEYS: [alice, bob].map(({ publicKey }) => publicKey).join() });
    @Module({
      imports: [
        ours,
        ZmqModule.forRootAsync({
          imports: [ours],
          inject,
          useFactory: (settings: ConfigService) => ({
            context,
            server: { bind: 'tcp://127.0.0.1:*', events: { bind: 'tcp://127.0.0.1:*' }, security: asksBy(settings) },
          }),
        }),
        ZmqModule.registerWorkersAsync({
          pool: 'mails',
          imports: [ours],
          inject,
          useFactory: (settings: ConfigService) => ({ bind: 'tcp://127.0.0.1:*', security: asksBy(settings) }),
        }),
        ZmqModule.registerAuthenticatorAsync({
          imports: [ours],
          inject,
          useFactory: (settings: ConfigService) => ({
            context,
            keys: settings.getOrThrow<string>('CLIENT_KEYS').split(','),
          }),
        }),
      ],
      controllers: [WhoController],
      providers: [MailWorker],
    })
    class ServerModule {}
    const serving = await NestFactory.createMicroservice(ServerModule, {
      ...zmqMicroservice(),
      logger: false,
      abortOnError: false,
    });
    apps.defer(() => serving.close());
    const { calls } = (await (serving.listen() as Promise<unknown>)) as ZmqListenInfo;
    const tasks = serving.get<ZmqWorkers>(getZmqWorkersToken('mails')).unwrap().lastEndpoint!;

    const theirs = (ownKey: string): Promise<DynamicModule> => configOf({ SERVER_KEY: server.publicKey, OWN_KEY: ownKey });
    const clientOf = async (ownKey: string): Promise<ZmqClient> => {
      const config = theirs(ownKey);
      @Module({
        imports: [
          ZmqModule.registerClientAsync({
            name: 'SHOP',
            imports: [config],
            inject,
            useFactory: (settings: ConfigService) => ({
              context: elsewhere,
              connect: [...calls],
              connectTimeout: 1_000,
              security: showsBy(settings),
            }),
          }),
        ],
      })
      class ClientModule {}
      const app = await NestFactory.createApplicationContext(ClientModule, { logger: false, abortOnError: false });
      apps.defer(() => app.close());
      return app.get<ZmqClient>(getZmqClientToken('SHOP'));
    };
    expect(await who(await clientOf(alice.secretKey))).toBe(`${alice.publicKey} undefined`);
    expect((await refusal(await clientOf(eve.secretKey))).message).toContain('the peer refused us: "400"');

    const config = theirs(bob.secretKey);
    @Module({
      imports: [
        ZmqModule.registerPoolAsync({
          name: 'mails',
          imports: [config],
          inject,
          useFactory: (settings: ConfigService) => ({ context: elsewhere, connect: tasks, security: showsBy(settings) }),
        }),
      ],
    })
    class PoolModule {}
    const pools = await NestFactory.createApplicationContext(PoolModule, { logger: false, abortOnError: false });
    apps.defer(() => pools.close());
    await pools.get<ZmqPool>(getZmqPoolToken('mails')).push('send', 'carol');
    await untilHeard(`carol by ${bob.publicKey}`);
    expect(heard).toHaveLength(1);
  }); // prettier-ignore
});

describe('mistakes are told at the start', () => {
  class First implements ZmqAuthenticator {
    authenticate(): boolean {
      return true;
    }
  }

  it.each<
    [string, () => { imports: DynamicModule[]; providers: Type[] }, RegExp, abstract new (...args: never[]) => Error]
  >([
    [
      'nobody decides',
      () => ({ imports: [ZmqModule.registerAuthenticator({ context })], providers: [] }),
      /finds nobody who decides: add a provider with @ZapHandler\(\)/,
      ZmqAuthenticatorError,
    ],
    [
      'two for one domain',
      () => {
        class Second extends First {}
        for (const type of [First, Second]) ZapHandler('orders')(type);
        return { imports: [ZmqModule.registerAuthenticator({ context })], providers: [First, Second] };
      },
      /First and Second are both @ZapHandler of the domain 'orders'/,
      ZmqAuthenticatorError,
    ],
    [
      'no method',
      () => {
        class Mute {}
        ZapHandler()(Mute);
        return { imports: [ZmqModule.registerAuthenticator({ context })], providers: [Mute] };
      },
      /Mute is a @ZapHandler but has no method authenticate/,
      ZmqAuthenticatorError,
    ],
    [
      'two authenticators of one context',
      () => ({
        imports: [
          ZmqModule.registerAuthenticator({ context, keys: '*' }),
          ZmqModule.registerAuthenticator({ context, keys: '*', isGlobal: true }),
        ],
        providers: [],
      }),
      /the context has a ZAP handler already/,
      Error,
    ],
    [
      'a folder that is not there',
      () => ({ imports: [ZmqModule.registerAuthenticator({ context, keys: '/no/such/folder' })], providers: [] }),
      /Option 'keys': ENOENT/,
      ZmqOptionsError,
    ],
    [
      'a key that is none',
      () => ({
        imports: [ZmqModule.registerAuthenticator({ context, domains: { a: { keys: ['swordfish'] } } })],
        providers: [],
      }),
      /Option 'domains\.a\.keys': .*public key 1 has 9 characters/,
      ZmqOptionsError,
    ],
    [
      'an address that is none',
      () => ({ imports: [ZmqModule.registerAuthenticator({ context, allow: ['localhost'] })], providers: [] }),
      /Option 'allow': .*"localhost" is no address/,
      ZmqOptionsError,
    ],
    [
      'nobody allowed',
      () => ({ imports: [ZmqModule.registerAuthenticator({ context, allow: [] })], providers: [] }),
      /Option 'allow': .*no address is allowed/,
      ZmqOptionsError,
    ],
    [
      'an option that is none',
      () => ({ imports: [ZmqModule.registerAuthenticator({ context, password: {} } as object)], providers: [] }),
      /Option 'password': is unknown/,
      ZmqOptionsError,
    ],
  ])('%s', async (_, make, message, type) => {
    const { imports, providers } = make();
    const error = await serve(asks, imports, providers).then(
      () => undefined,
      (reason: unknown) => reason as Error,
    );
    expect(error).toBeInstanceOf(type);
    expect(error?.message).toMatch(message);
    expect(error?.message).not.toContain('swordfish');
    // Nothing of it is left, but for what had started before the mistake was found: Nest closes nothing of it.
    expect(context.sockets).toBeLessThanOrEqual(1);
    await context.terminate();
  });
});

it('nothing secret is in the log, and what a peer says is quoted', async () => {
  const lines: string[] = [];
  const write = (...parts: unknown[]): void => void lines.push(parts.map(String).join(' '));
  const logger: LoggerService = { log: write, warn: write, error: write, debug: write, verbose: write, fatal: write };
  @ZapHandler()
  class Failing implements ZmqAuthenticator {
    authenticate({ username }: ZapRequest): boolean {
      if (username === 'broken') throw new Error('the users are away');
      return false;
    }
  }
  const served = await serve(
    { mechanism: 'PLAIN' },
    [ZmqModule.registerAuthenticator({ context })],
    [Failing],
    undefined,
    logger,
  );
  for (const username of ['eve\n[Nest] LOG forged', 'broken']) {
    const security = { mechanism: 'PLAIN', username, password: 'swordfish' } as const;
    await refusal(client(served, security, { connectTimeout: 1_000 }));
  }
  const all = lines.join('\n');
  expect(all).toContain('Refused PLAIN "eve\\n[Nest] LOG forged" at 127.0.0.1: the callback refused');
  expect(all).toContain('A @ZapHandler failed: Error: the users are away');
  expect(all).not.toContain('swordfish');
});
