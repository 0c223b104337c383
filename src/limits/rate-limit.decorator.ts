import { Reflector } from '@nestjs/core';

/**
 * What a route counts against. `login`, `register`, `mail` and `refresh` are counted by the flow,
 * which knows whose account it is; `requests` and `mail` by address when a request comes in; `none`
 * is for who must never be turned away, such as a load balancer's probes.
 */
export type LimitName = 'login' | 'register' | 'mail' | 'refresh' | 'requests' | 'none';

/** Says which limit a route counts against; without it, `requests`. */
export const RateLimited = Reflector.createDecorator<LimitName>();
