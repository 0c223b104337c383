import { Injectable, type PipeTransform } from '@nestjs/common';
import { RouteNotFoundError } from '../common/http/http.errors';

/** A name that any provider could have. What else lies in a path's place is no route at all. */
@Injectable()
export class ProviderName implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!/^[a-z][a-z0-9_]{0,30}$/.test(value)) throw new RouteNotFoundError();
    return value;
  }
}
