declare module 'passport-discord' {
  import OAuth2Strategy = require('passport-oauth2');

  class Strategy extends OAuth2Strategy {
    constructor(options: never, verify: OAuth2Strategy.VerifyFunction);
  }
  export = Strategy;
}
