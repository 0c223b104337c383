import { Module } from '@nestjs/common';
import { AuditTrail } from './audit-trail.service';
import { AuditRepository } from './audit.repository';
import { AuditService } from './audit.service';

@Module({
  providers: [AuditService, AuditTrail, AuditRepository],
  exports: [AuditService, AuditTrail],
})
export class AuditModule {}
