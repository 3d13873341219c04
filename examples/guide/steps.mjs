// Three parts of one program that signal each other: PAIR over inproc. No port, no copy.
import { Pair } from '@nest-zmq/core';

async function first() {
  const next = new Pair();
  next.connect('inproc://second'); // whoever binds may come later
  console.log('first: done, over to you');
  await next.send('go');
  next.close();
}

async function second() {
  const [previous, next] = [new Pair(), new Pair()];
  await previous.bind('inproc://second');
  next.connect('inproc://third');
  await previous.receive();
  console.log('second: done, over to you');
  await next.send('go');
  previous.close();
  next.close();
}

async function third() {
  const previous = new Pair();
  await previous.bind('inproc://third');
  await previous.receive();
  console.log('third: all done');
  previous.close();
}

await Promise.all([first(), second(), third()]);
