const { initializeApp } = require("firebase-admin/app");
const { getFirestore } = require("firebase-admin/firestore");
const { onDocumentWritten } = require("firebase-functions/v2/firestore");

initializeApp();

/** What is published goes into the next newsletter. */
exports.queueArticle = onDocumentWritten({ document: "articles/{id}", region: "us-central1" }, async (event) => {
  const article = event.data.after.data();
  if (article?.published !== true) return;
  await getFirestore().doc(`newsletter/${event.params.id}`).set({ title: article.title });
});
