import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BrokerProgram, freePort } from './program.mjs';

/*
 * The brokers, as their makers ship them, but for three things: they listen on this
 * machine only, they keep nothing on disk, and they drop nothing that is on its way.
 */

export const natsServer = new BrokerProgram({
  name: 'nats-server',
  scheme: 'nats',
  ask: ['nats-server', '--version'],
  install: 'apt-get install nats-server',
  command({ folder, port }) {
    // Otherwise a subscriber that is 64 MB behind is disconnected.
    const file = settingsFile(folder, [`listen: 127.0.0.1:${port}`, 'max_pending: 1GB', 'write_deadline: "60s"']);
    return { words: ['nats-server', '-c', file] };
  },
});

export const redisServer = new BrokerProgram({
  name: 'redis-server',
  scheme: 'redis',
  ask: ['redis-server', '--version'],
  install: 'apt-get install redis-server',
  command({ port }) {
    const noDisk = ['--save', '', '--appendonly', 'no'];
    // Otherwise a subscriber that is 32 MB behind is disconnected.
    const noDrops = ['--client-output-buffer-limit', 'pubsub 0 0 0'];
    return { words: ['redis-server', '--bind', '127.0.0.1', '--port', String(port), ...noDisk, ...noDrops] };
  },
});

export const mosquitto = new BrokerProgram({
  name: 'mosquitto',
  scheme: 'mqtt',
  ask: ['mosquitto', '-h'],
  install: 'apt-get install mosquitto',
  command({ folder, port }) {
    const file = settingsFile(folder, [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'persistence false',
      'set_tcp_nodelay true',
      'max_queued_messages 0',
    ]);
    return { words: ['mosquitto', '-c', file] };
  },
});

/** Debian's own `rabbitmq-server` changes the user, and with it the process group; the program behind it does not. */
const rabbitPath = { PATH: `/usr/lib/rabbitmq/bin:${process.env.PATH}` };

export const rabbitmqServer = new BrokerProgram({
  name: 'rabbitmq-server',
  scheme: 'amqp',
  environment: rabbitPath,
  // Asking leaves Erlang's port daemon behind where none runs: here is one for as long as the question takes.
  ask: [
    'sh',
    '-c',
    `export ERL_EPMD_PORT=${30_000 + (process.pid % 10_000)} HOME="$(mktemp -d)"
     epmd -address 127.0.0.1 & sleep 0.3; rabbitmqctl version; kill $!; rm -r "$HOME"`,
  ],
  install: 'apt-get install rabbitmq-server',
  async command({ folder, port }) {
    const environment = {
      HOME: folder,
      ERL_EPMD_PORT: String(await freePort()),
      RABBITMQ_NODENAME: 'bench@localhost',
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_DIST_PORT: String(await freePort()),
      RABBITMQ_MNESIA_BASE: folder,
      RABBITMQ_LOG_BASE: folder,
      RABBITMQ_PID_FILE: join(folder, 'pid'),
      // These need not exist: what this machine has set for its own broker is not for this one.
      RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
      RABBITMQ_CONF_ENV_FILE: join(folder, 'rabbitmq-env.conf'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    };
    // A port daemon in the foreground, so that this broker does not leave one behind.
    return { words: ['sh', '-c', 'epmd -address 127.0.0.1 & exec rabbitmq-server'], environment };
  },
});

function settingsFile(folder, lines) {
  const file = join(folder, 'settings');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}
