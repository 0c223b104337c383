import { Module } from '@nestjs/common';
import { AppConfig } from '../config/app-config';
import { HASHING_LANE_SIZES, HashingLane, type HashingLaneSizes } from './hashing-lane';
import { LimitStore } from './limit-store';
import { RateLimits } from './rate-limits';
import { RequestLimit } from './request-limit';
import { SignInProtection } from './sign-in-protection';

@Module({
  providers: [
    LimitStore,
    RateLimits,
    RequestLimit,
    SignInProtection,
    HashingLane,
    {
      provide: HASHING_LANE_SIZES,
      inject: [AppConfig],
      useFactory: ({ process: { poolThreads } }: AppConfig): HashingLaneSizes => ({ poolThreads }),
    },
  ],
  exports: [RateLimits, RequestLimit, SignInProtection, HashingLane],
})
export class LimitsModule {}
