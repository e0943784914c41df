/** Raised when cards are drawn differently, so that those drawn before are not taken for them. */
export const cardVersion = 2;
