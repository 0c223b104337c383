import { Global, Module } from '@nestjs/common';
import { OutboundHttp } from './http/outbound-http';
import { Random, SystemRandom } from './random/random';
import { Clock, SystemClock } from './time/clock';

/** Time, randomness and the outside world: injected everywhere, replaced only in tests. */
@Global()
@Module({
  providers: [
    { provide: Clock, useClass: SystemClock },
    { provide: Random, useClass: SystemRandom },
    OutboundHttp,
  ],
  exports: [Clock, Random, OutboundHttp],
})
export class CommonModule {}
