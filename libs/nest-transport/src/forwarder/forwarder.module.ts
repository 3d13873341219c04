import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import { withShared, type ZmqRootOptions } from '../zmq.root.options.js';
import { getZmqForwarderToken, SHARED_OPTIONS } from '../zmq.tokens.js';
import { NOT_FORWARDED, type ZmqForwarderOptions } from './forwarder.options.js';
import { ZmqForwarder } from './zmq.forwarder.js';

/** What `registerForwarder` takes beside the forwarder's options. */
export interface ZmqForwarderRegistration {
  /** For `@InjectZmqForwarder(name)`. Without a name it is the default forwarder, for `@InjectZmqForwarder()`. */
  name?: string | undefined;
  /** Whether all modules may inject it without importing. Default false. */
  isGlobal?: boolean | undefined;
}

/** Each registration is a module of its own, so they do not see each other's. */
const FORWARDER_OPTIONS = 'ZMQ_FORWARDER_OPTIONS';

const builder = new ConfigurableModuleBuilder<ZmqForwarderOptions>({
  optionsInjectionToken: FORWARDER_OPTIONS,
  alwaysTransient: true,
})
  .setExtras<ZmqForwarderRegistration>(
    { name: undefined, isGlobal: false },
    (definition, { name, isGlobal = false }) => {
      const token = getZmqForwarderToken(name);
      const provider = {
        provide: token,
        useFactory: (options: ZmqForwarderOptions, shared?: ZmqRootOptions) =>
          new ZmqForwarder(withShared(shared, options, NOT_FORWARDED)),
        inject: [FORWARDER_OPTIONS, SHARED_OPTIONS],
      };
      return {
        ...definition,
        global: isGlobal,
        providers: [...(definition.providers ?? []), provider],
        exports: [token],
      };
    },
  )
  .build();

export type ZmqForwarderModuleOptions = typeof builder.OPTIONS_TYPE;
export type ZmqForwarderModuleAsyncOptions = typeof builder.ASYNC_OPTIONS_TYPE;

/** One registered forwarder. */
@Module({})
export class ZmqForwarderModule extends builder.ConfigurableModuleClass {}
