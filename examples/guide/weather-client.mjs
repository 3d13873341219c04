// Collects the weather of one place, and tells the average: node weather-client.mjs [place]
import { Subscriber } from '@nest-zmq/core';

const place = process.argv[2] ?? '10001';
const subscriber = new Subscriber();
subscriber.connect('tcp://127.0.0.1:5556');
subscriber.subscribe(place); // the other ninety-nine are not even sent to us

const temperatures = [];
for await (const [, temperature] of subscriber) {
  temperatures.push(Number(temperature));
  if (temperatures.length === 20) break;
}
subscriber.close();

const average = temperatures.reduce((sum, temperature) => sum + temperature, 0) / temperatures.length;
console.log(`the average temperature of ${place} was ${average.toFixed(1)} °C`);
