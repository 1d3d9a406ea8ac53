"use strict";

window.addEventListener("DOMContentLoaded", () => {
  SwaggerUIBundle({
    url: document.body.dataset.schema,
    dom_id: "#docs",
    deepLinking: true,
    persistAuthorization: false,
    // Swagger UI would otherwise send the document's address to a validator on the internet.
    validatorUrl: null,
  });
});
