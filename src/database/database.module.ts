import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { Clock } from '../common/time/clock';
import { ConnectionPool } from './connection-pool';
import { DatabaseConnection } from './database-connection';
import { ListReader, ReplicaReader } from './list-reader';
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
        {
          provide: ListReader,
          inject: [DataSource, Clock],
          useFactory: (primary: DataSource, clock: Clock): ListReader =>
            connection.replica ? new ReplicaReader(connection, primary, clock) : primary,
        },
        UnitOfWork,
        PreparedStatements,
        ConnectionPool,
      ],
      exports: [DatabaseConnection, ListReader, UnitOfWork, PreparedStatements, ConnectionPool],
    };
  }
}
