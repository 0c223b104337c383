import { ApiProperty } from '@nestjs/swagger';
import { MessageDto } from '../../common/http/message.dto';

const CsrfTokenField = () =>
  ApiProperty({
    description: 'for the header X-CSRF-Token; the same for as long as the session lives',
    example: 'pJ0kzNJ3bX0c1cZ7o8mYtW2m1m4v8rN6s5xkq2hT9aE',
  });

export class CsrfTokenDto {
  @CsrfTokenField()
  csrf_token: string;
}

/** In cookie mode: what a page may know of its session. The tokens are not for script to read. */
export class CookieSessionDto extends MessageDto {
  @ApiProperty({ description: 'seconds that the access cookie lives', example: 1800 })
  expires_in: number;

  @CsrfTokenField()
  csrf_token: string;
}
