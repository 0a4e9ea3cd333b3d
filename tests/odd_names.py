"""Names of photos as people give them."""
NAMES = ["a, b.jpg", "신발/운동화.jpg", '"quoted".jpg', "it's.jpg", "emoji 👟.jpg", "tab\there.jpg",
         " blank .jpg", "NA"]
