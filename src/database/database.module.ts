import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import { DatabaseConnection } from './database-connection';
import { PreparedStatements } from './prepared-statement';
import { UnitOfWork } from './unit-of-work';

@Global()
@Module({})
export class DatabaseModule {
  static register(connection: DatabaseConnection, dataSource: DataSourceOptions): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [TypeOrmModule.forRoot({ ...dataSource, retryAttempts: 0 })],
      providers: [
        { provide: DatabaseConnection, useValue: connection },
        UnitOfWork,
        PreparedStatements,
      ],
      exports: [DatabaseConnection, UnitOfWork, PreparedStatements],
    };
  }
}
