import { ApiProperty } from '@nestjs/swagger';

/** The answer of a route that has nothing else to say. */
export class MessageDto {
  @ApiProperty({ example: 'Done.' })
  message: string;

  @ApiProperty({ example: true })
  success: true;
}

export const message = (text: string): MessageDto => ({ message: text, success: true });
