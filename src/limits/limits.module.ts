import { Module } from '@nestjs/common';
import { HashingLane } from './hashing-lane';
import { RateLimits } from './rate-limits';

@Module({ providers: [RateLimits, HashingLane], exports: [RateLimits, HashingLane] })
export class LimitsModule {}
