/**
 * The types of npm `zeromq` and of the drop-in entries side by side: a difference is an
 * error of the type check (`npm run typecheck`). Nothing here runs.
 */
import type * as ours from '@nest-zmq/core/zeromq';
import type * as ourDraft from '@nest-zmq/core/zeromq/draft';
import type * as ourV5 from '@nest-zmq/core/zeromq/v5-compat';
import type * as npm from 'zeromq';
import type * as npmDraft from 'zeromq/draft.js';
import type * as npmV5 from 'zeromq/v5-compat.js';

type Same<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false;
type SameKeys<X, Y> = Same<keyof X, keyof Y>;
/** Of modules: the same, however they are imported. */
type Exports<M> = Exclude<keyof M, 'default' | 'module.exports'>;
/** All but the context, which is a class on each side. */
type OptionsOf<C extends new (options?: never) => unknown> = Omit<NonNullable<ConstructorParameters<C>[0]>, 'context'>;
/** They are not made of options. */
type Others = 'Context' | 'Observer' | 'Proxy';
/** Of each class that both have: whether its members have the same names, and its options the same types too. */
type SameClasses<X, Y> = {
  [K in Exclude<keyof X & keyof Y, Others>]: X[K] extends new (options?: never) => infer Theirs
    ? Y[K] extends new (options?: never) => infer Ours
      ? [SameKeys<Theirs, Ours>, Same<OptionsOf<X[K]>, OptionsOf<Y[K]>>]
      : false
    : true;
};
type AllTrue<T> = { [K in keyof T as T[K] extends true | [true, true] ? never : K]: T[K] };

export const values: Same<Exports<typeof npm>, Exports<typeof ours>> = true;
export const draftValues: Same<Exports<typeof npmDraft>, Exports<typeof ourDraft>> = true;
export const v5Values: Same<Exports<typeof npmV5>, Exports<typeof ourV5>> = true;

export const classes: AllTrue<SameClasses<typeof npm, typeof ours>> = {};
export const draftClasses: AllTrue<SameClasses<typeof npmDraft, typeof ourDraft>> = {};

export const library: Same<
  Pick<typeof npm, 'version' | 'capability' | 'curveKeyPair'>,
  Pick<typeof ours, 'version' | 'capability' | 'curveKeyPair'>
> = true;
export const message: Same<[npm.Message, npm.MessageLike], [ours.Message, ours.MessageLike]> = true;
export const socket: SameKeys<npm.Socket, ours.Socket> = true;
export const context: SameKeys<npm.Context, ours.Context> = true;
export const proxy: SameKeys<npm.Proxy, ours.Proxy> = true;
// npm has `emitter` too, and does not tell.
export const observer: Same<keyof npm.Observer, Exclude<keyof ours.Observer, 'emitter'>> = true;
export const writable: SameKeys<npm.Writable, ours.Writable> = true;
export const readable: SameKeys<npm.Readable, ours.Readable> = true;
export const eventTypes: Same<npm.EventType, ours.EventType> = true;
export const connectOptions: Same<
  [npm.RouterConnectOptions, npm.StreamConnectOptions],
  [ours.RouterConnectOptions, ours.StreamConnectOptions]
> = true;
export const received: Same<
  Awaited<ReturnType<npm.Stream['receive']>> | Awaited<ReturnType<npm.Router['receive']>>,
  Awaited<ReturnType<ours.Stream['receive']>> | Awaited<ReturnType<ours.Router['receive']>>
> = true;
export const receivedDraft: Same<
  [Awaited<ReturnType<npmDraft.Server['receive']>>, Awaited<ReturnType<npmDraft.Dish['receive']>>],
  [Awaited<ReturnType<ourDraft.Server['receive']>>, Awaited<ReturnType<ourDraft.Dish['receive']>>]
> = true;
export const sent: Same<
  [Parameters<npm.Stream['send']>, Parameters<npm.Push['send']>, Parameters<npmDraft.Radio['send']>],
  [Parameters<ours.Stream['send']>, Parameters<ours.Push['send']>, Parameters<ourDraft.Radio['send']>]
> = true;
export const v5: Same<
  [npmV5.SocketType, Parameters<npmV5.Socket['send']>, Parameters<typeof npmV5.createSocket>],
  [ourV5.SocketType, Parameters<ourV5.Socket['send']>, Parameters<typeof ourV5.createSocket>]
> = true;

// One in place of the other, where a program hands it on.
export function events(event: npm.Event): ours.Event {
  return event;
}
export function eventsBack(event: ours.Event): npm.Event {
  return event;
}
