import { fileURLToPath } from 'node:url';
import { ClientProxyFactory, GrpcMethod, Transport } from '@nestjs/microservices';
import { versionOfPackage } from '../brokers/packages.mjs';
import { freePort } from '../brokers/program.mjs';
import { applicationOf, echo, serve } from './nest-application.mjs';

const protoPath = fileURLToPath(new URL('nest-echo.proto', import.meta.url));
const options = (url) => ({ transport: Transport.GRPC, options: { package: 'bench', protoPath, url } });

/** It has calls only, and they go by the name of a service instead of a pattern. */
export const grpc = {
  name: 'Nest’s Transport.GRPC',
  version: `@grpc/grpc-js ${versionOfPackage('@grpc/grpc-js')}`,
  calls: {
    async listen() {
      const url = `127.0.0.1:${await freePort()}`;
      await serve(applicationOf(GrpcMethod('Echo', 'Handle'), echo), options(url));
      return url;
    },
    client(url) {
      const service = ClientProxyFactory.create(options(url)).getService('Echo');
      return { connect: async () => {}, send: (_pattern, data) => service.handle(data) };
    },
  },
};
