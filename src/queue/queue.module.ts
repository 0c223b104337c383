import { BullModule } from '@nestjs/bullmq';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { type QueueOptions, setDefaultBackendFactory } from 'bullmq';
import { QueueStore } from './queue-store';

/** Where every queue of the service lives, and workers are made. */
@Global()
@Module({ providers: [QueueStore], exports: [QueueStore] })
export class QueueModule {
  static register(): DynamicModule {
    return {
      module: QueueModule,
      imports: [BullModule.forRootAsync({ inject: [QueueStore], useFactory: queueOptions })],
    };
  }
}

/** Nest passes no backend on, so for queues it is set for the whole process. */
function queueOptions(store: QueueStore): QueueOptions {
  setDefaultBackendFactory(store.backend);
  return store.queueOptions;
}
