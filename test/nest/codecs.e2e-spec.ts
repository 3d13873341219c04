import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern, Payload } from '@nestjs/microservices';
import { OnTask, ZmqModule, ZmqPool, ZmqWorker } from '@nest-zmq/transport';
import { msgpackCodec } from '@nest-zmq/transport/msgpack';
import { protobufCodec } from '@nest-zmq/transport/protobuf';
import { Router } from '@nest-zmq/core';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import protobuf from 'protobufjs';
import { firstValueFrom, from, lastValueFrom, type Observable, toArray } from 'rxjs';
import { Apps } from './support/apps.js';
import { shown } from './support/raw.js';
import { until } from './turns.js';

const { root } = protobuf.parse(`
  syntax = "proto3";
  package shop;
  message Cart { repeated string items = 1; }
  message Price { double total = 1; string currency = 2; }
`);
const types = {
  price: { request: 'shop.Cart', reply: 'shop.Price' },
  prices: { request: 'shop.Cart', reply: 'shop.Price' },
  'cart.*': 'shop.Cart',
};
const msgpack = msgpackCodec();
const proto = protobufCodec({ root, types });

interface Cart {
  items: string[];
}

const heard: unknown[] = [];

@Controller()
class ShopController {
  @MessagePattern('price')
  price(@Payload() { items }: Cart): object {
    return { total: items.length, currency: 'EUR' };
  }

  @MessagePattern('prices')
  prices(@Payload() { items }: Cart): Observable<object> {
    return from(items.map((_, total) => ({ total, currency: 'EUR' })));
  }

  @MessagePattern('echo')
  echo(@Payload() data: unknown): unknown {
    return data;
  }

  @EventPattern('cart.*')
  onCart(@Payload() cart: unknown): void {
    heard.push(cart);
  }
}

let apps: Apps;
beforeEach(() => {
  apps = new Apps();
  heard.length = 0;
});
afterEach(() => apps.close());

const price = { total: 2, currency: 'EUR' };
const cart = { items: ['tea', 'cake'] };

describe('a fleet with several codecs', () => {
  it('calls: each side writes its own, and is answered in what it asked in', async () => {
    const servers = await Promise.all([
      apps.serve([ShopController], { codec: [msgpack, proto] }),
      apps.serve([ShopController], { codec: [proto, msgpack] }),
    ]);
    for (const codec of [undefined, msgpack, proto]) {
      for (const server of servers) {
        const client = apps.client([server], { codec });
        expect(await firstValueFrom(client.send('price', cart))).toEqual(price);
        const prices = client.send('prices', cart).pipe(toArray());
        expect(await lastValueFrom(prices)).toEqual([
          { total: 0, currency: 'EUR' },
          { total: 1, currency: 'EUR' },
        ]);
        expect(await firstValueFrom(client.send('echo', { any: ['thing'] }))).toEqual({ any: ['thing'] });
        expect(await firstValueFrom(client.send('echo', Buffer.of(1, 2)))).toEqual(Buffer.of(1, 2));
      }
    }
  });

  it('events: a server reads what all of its clients publish', async () => {
    const server = await apps.serve([ShopController], { codec: [msgpack, proto] });
    for (const codec of [undefined, msgpack, proto]) {
      await lastValueFrom(apps.client([server], { codec }).emit('cart.filled', cart), { defaultValue: undefined });
    }
    await until(() => heard.length === 3);
    expect(heard).toEqual([cart, cart, cart]);
  });

  it('a type that the server has no codec for is a typed error, and an event of it is counted', async () => {
    const server = await apps.serve([ShopController]);
    const client = apps.client([server], { codec: msgpack });
    await expect(firstValueFrom(client.send('price', cart))).rejects.toMatchObject({
      name: 'ZmqCodecError',
      code: 'CODEC',
      contentType: 'application/msgpack',
    });
    await lastValueFrom(client.emit('cart.filled', cart), { defaultValue: undefined });
    await until(() => server.server.stats()!.events.malformed === 1);
    expect(server.server.stats()?.calls).toMatchObject({ undecodable: 1, failed: 1 });
    expect(heard).toEqual([]);
  });

  it('payloads that lie never reach a handler', async () => {
    const server = await apps.serve([ShopController], { codec: [msgpack, proto] });
    const lie = { contentType: 'application/msgpack', encode: () => Buffer.from('ddffffffff', 'hex'), decode: String };
    const client = apps.client([server], { codec: lie });
    await expect(firstValueFrom(client.send('echo', 1))).rejects.toMatchObject({ name: 'ZmqMalformedError' });
  });
});

describe('MessagePack', () => {
  it('carries binary, dates and BigInts inside objects, both ways', async () => {
    const server = await apps.serve([ShopController], { codec: msgpack });
    const client = apps.client([server], { codec: msgpack });
    const value = {
      image: Buffer.from([0, 255]),
      at: new Date(1_000),
      id: 2n ** 60n,
      nested: [{ part: Buffer.of(7) }],
    };
    expect(await firstValueFrom(client.send('echo', value))).toEqual(value);
  });

  it('is said on the wire', async () => {
    const router = new Router({ context: apps.context });
    apps.defer(() => router.close());
    await router.bind('inproc://foreign');
    const client = apps.bareClient({ connect: 'inproc://foreign', codec: msgpack });
    const call = firstValueFrom(client.send('sum', [1, 2]));
    const [peer, id, ...request] = await router.receive();
    expect(shown(request)).toEqual(['', 'sum', '<920102>', '{":type":"application/msgpack",":replies":"many"}']);
    await router.send([peer!, id!, '', Buffer.of(1), Buffer.of(3), '{":type":"application/msgpack"}']);
    expect(await call).toBe(3);
  });
});

describe('a pool with codecs', () => {
  it('workers read what every pool writes', async () => {
    const done: unknown[] = [];
    @ZmqWorker('carts')
    class CartWorker {
      @OnTask('cart.pack')
      pack(@Payload() data: unknown): void {
        done.push(data);
      }
    }
    const { context } = apps;
    const pools = [undefined, msgpack, proto].map(
      (codec, i) => new ZmqPool('carts', { context, bind: `inproc://carts-${i}`, codec }),
    );
    for (const pool of pools) {
      apps.defer(() => pool.close());
      await pool.open();
    }
    @Module({
      imports: [
        ZmqModule.registerWorkers({
          pool: 'carts',
          connect: ['inproc://carts-0', 'inproc://carts-1', 'inproc://carts-2'],
          context,
          codec: [proto, msgpack],
        }),
      ],
      providers: [CartWorker],
    })
    class WorkerModule {}
    const app = await NestFactory.createApplicationContext(WorkerModule, { logger: false });
    apps.defer(() => app.close());
    for (const pool of pools) await pool.push('cart.pack', cart);
    await until(() => done.length === 3);
    expect(done).toEqual([cart, cart, cart]);
  });
});
