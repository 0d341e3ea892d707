// SlowHashBusy: so many slow hashes wait that one more is not taken. It
// never reaches the user of the library: whoever asked refuses a device
// with it, and says `server busy`.

/** Too many slow hashes wait. */
export class SlowHashBusy extends Error {
  constructor() {
    super('too many passwords are being checked');
    this.name = new.target.name;
  }
}
