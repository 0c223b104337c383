import { Reflector } from '@nestjs/core';

export type LimitName = 'login' | 'register' | 'mail';

/**
 * Says which limit a route counts against, for `npm run routes` and the documentation. The
 * counting itself is in the flow, which knows whose account it is: `RateLimits.consume`.
 */
export const RateLimited = Reflector.createDecorator<LimitName>();
