import 'reflect-metadata';
import { appendFileSync } from 'node:fs';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Ctx, Payload } from '@nestjs/microservices';
import { OnTask, ZmqModule, ZmqTaskContext, ZmqWorker, type ZmqWorkersOptions } from '@nest-zmq/transport';

/*
 * A worker of the pool 'jobs' with acknowledgement, in a process of its own. Its arguments are the endpoint, the
 * concurrency, the file that it writes its deeds to (a message to a parent may be lost with the process), and options.
 * It kills itself where a job says so, in its first run.
 */

const [endpoint = '', concurrency = '1', deeds = '', options = '{}'] = process.argv.slice(2);
const released = new Promise((resolve) => process.once('message', resolve));

interface ProcessJob {
  readonly id: number;
  /** Wait for a word of the parent. */
  readonly hold?: boolean;
  readonly die?: 'running' | 'before the answer' | 'at the answer';
}

function note(deed: string, { id }: ProcessJob, { attempt, redelivered }: ZmqTaskContext): void {
  appendFileSync(deeds, `${JSON.stringify({ deed, id, attempt, redelivered, pid: process.pid })}\n`);
}

@ZmqWorker('jobs', { concurrency: Number(concurrency) })
class ProcessWorker {
  @OnTask('job')
  async run(@Payload() job: ProcessJob, @Ctx() context: ZmqTaskContext): Promise<number> {
    note('started', job, context);
    const die = context.attempt === 1 ? job.die : undefined;
    if (die === 'running') process.kill(process.pid, 'SIGKILL');
    if (job.hold === true && context.attempt === 1) await released;
    note('done', job, context);
    if (die === 'before the answer') process.kill(process.pid, 'SIGKILL');
    // The answer is written in this turn, or the next.
    if (die === 'at the answer') setImmediate(() => process.kill(process.pid, 'SIGKILL'));
    return job.id;
  }

  /** Fails the first time, and waits in the pool for the next. */
  @OnTask('flaky', { retry: { attempts: 2, delay: 60_000 } })
  flaky(@Payload() job: ProcessJob, @Ctx() context: ZmqTaskContext): number {
    note('started', job, context);
    if (context.attempt === 1) throw new Error('not yet');
    note('done', job, context);
    return job.id;
  }
}

const workers = {
  pool: 'jobs',
  connect: endpoint,
  ack: 'explicit',
  ...(JSON.parse(options) as ZmqWorkersOptions),
} as const;

@Module({ imports: [ZmqModule.registerWorkers(workers)], providers: [ProcessWorker] })
class WorkerModule {}

const app = await NestFactory.createApplicationContext(WorkerModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
process.send?.({ ready: true });
