import { bytes } from '../testing/bytes.js';
import { isSubscription, subscriptionCommandName, subscriptionFromCommand } from './subscription.js';

it.each([
  [['01 "A"'], true],
  [['00 "A"'], true],
  [['01'], true],
  [['00'], true],
  [['02 "A"'], false],
  [['"A"'], false],
  [[''], false],
  [['01 "A"', '"B"'], false],
])('the message %j is a subscription: %s', (frames, expected) => {
  expect(isSubscription(frames.map(bytes))).toBe(expected);
});

it.each([
  ['SUBSCRIBE', '"A"', '01 "A"'],
  ['SUBSCRIBE', '', '01'],
  ['CANCEL', '00FF', '00 00FF'],
])('%s %s is the message %s, and back', (name, topic, message) => {
  const form = subscriptionFromCommand({ name, data: bytes(topic) });
  expect(form).toEqual(bytes(message));
  expect(subscriptionCommandName(form!)).toBe(name);
});

it.each(['', 'PING', 'subscribe', 'SUBSCRIBES'])('the command "%s" is no subscription', (name) => {
  expect(subscriptionFromCommand({ name, data: bytes('"A"') })).toBeUndefined();
});
