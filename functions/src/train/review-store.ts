import type { Firestore } from "firebase-admin/firestore";
import { parseDocument } from "../shared/firestore.ts";
import { Review } from "./schema.ts";

/** Reviews, by the ids of their jobs. */
export class ReviewStore {
  private readonly db: Firestore;
  constructor(db: Firestore) {
    this.db = db;
  }

  async read(id: string): Promise<Review | undefined> {
    return parseDocument(Review, await this.reviews().doc(id).get());
  }

  /** Puts a review on record; the same job's again replaces it, with the same. */
  async write(review: Review): Promise<void> {
    await this.reviews().doc(review.id).set(Review.parse(review));
  }

  private reviews() {
    return this.db.collection("reviews");
  }
}
