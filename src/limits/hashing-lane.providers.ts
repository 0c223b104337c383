import type { Provider } from '@nestjs/common';
import { AppConfig } from '../config/app-config';
import { HASHING_LANE_SIZES, HashingLane, type HashingLaneSizes } from './hashing-lane';

/** Needs AppConfig and Telemetry around it. */
export const hashingLaneProviders: Provider[] = [
  HashingLane,
  {
    provide: HASHING_LANE_SIZES,
    inject: [AppConfig],
    useFactory: ({ process: { poolThreads } }: AppConfig): HashingLaneSizes => ({ poolThreads }),
  },
];
