"""The explorer's page in parts: what is asked, kept and shown. Streamlit lives here."""
