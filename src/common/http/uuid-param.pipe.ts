import type { PipeTransform } from '@nestjs/common';
import type { DomainError } from '../errors/domain-error';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isUuid = (text: string): boolean => UUID.test(text);

/** An id in a path. One that cannot be anybody's gets the answer of one that is nobody's. */
export class UuidParam implements PipeTransform<string, string> {
  constructor(private readonly NotFound: new () => DomainError) {}

  transform(value: string): string {
    if (!isUuid(value)) throw new this.NotFound();
    return value.toLowerCase();
  }
}
