const { initializeApp } = require("firebase-admin/app");
const { getFirestore } = require("firebase-admin/firestore");
const { onRequest } = require("firebase-functions/v2/https");

initializeApp();

/** Titles of what is published. */
exports.articles = onRequest({ region: "us-central1" }, async (_request, response) => {
  const found = await getFirestore().collection("articles").where("published", "==", true).get();
  response.json(found.docs.map((article) => article.get("title")));
});
