import { Module } from '@nestjs/common';
import { HashingLane } from './hashing-lane';
import { hashingLaneProviders } from './hashing-lane.providers';
import { LimitStore } from './limit-store';
import { RateLimits } from './rate-limits';
import { RequestLimit } from './request-limit';
import { SignInProtection } from './sign-in-protection';

@Module({
  providers: [LimitStore, RateLimits, RequestLimit, SignInProtection, ...hashingLaneProviders],
  exports: [RateLimits, RequestLimit, SignInProtection, HashingLane],
})
export class LimitsModule {}
