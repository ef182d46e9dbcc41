"""Names that are written alike in English, French, German and most other European languages.

Names for both sexes, names that are words, and names whose first sound is not clear (H, Y) are left
out: around them the sentence would have to change.
"""

_MALE_NAMES = """
Adam Ahmed Alain Albert Alexander Alfred Ali Anders Andrew Anton Antonio Arthur Axel Bastien
Benjamin Bernard Bob Boris Bruno Carlos Charles Christopher Clement Damien Daniel David Denis
Diego Dimitri Edgar Edward Emil Eric Ernesto Etienne Fabio Felix Fernando Finn Florian Franz
Fred Gabriel George Gerald Gilbert Giovanni Gregory Gustav Ibrahim Igor Ismael Ivan Jack Jacob
James Jan Jeremy Jim Joe Johann John Jonas Jonathan Joseph Juan Julien Karim Karl Ken Kenji
Kevin Klaus Lars Laurent Leo Leon Louis Luca Lucas Ludwig Marcel Marco Mario Martin Matteo
Matthew Max Michael Miguel Mike Mohamed Nathan Nick Nicolas Nikolai Noah Oliver Olivier Omar
Oscar Oskar Otto Pablo Paolo Patrick Paul Pedro Peter Philip Pierre Rafael Ralf Raul Ravi Remi
Ricardo Richard Robert Roberto Roger Roland Ronald Sam Samuel Sergio Simon Stefan Stephen Steve
Sven Theo Thomas Tim Tom Tony Ulrich Umberto Vincent Vladimir Walter Wei William Xavier Zoltan
"""
MALE_NAMES = tuple(_MALE_NAMES.split())

_FEMALE_NAMES = """
Adele Agnes Aisha Alice Alicia Alina Amanda Amelia Amina Amy Ana Anastasia Angela Anita Anna
Anne Audrey Barbara Beatrice Bella Bianca Brigitte Carla Carmen Carol Caroline Catherine Cecilia
Charlotte Christine Claire Clara Claudia Daniela Debora Diana Doris Edith Elena Elisa Elisabeth
Ella Ellen Elsa Emilia Emily Emma Erika Esther Eva Fatima Fiona Francesca Frida Gabriela Gina
Giulia Greta Ida Ines Ingrid Irene Irina Isabel Isabella Jane Janet Jennifer Jessica Johanna
Judith Julia Juliana Karen Karin Katarina Kate Katja Laura Layla Leila Lena Linda Lisa Lola
Louise Lucia Lucy Lydia Magda Margaret Maria Marie Marta Martha Martina Mary Mathilde Melanie
Mia Michelle Monica Monika Nadia Naomi Natalia Natasha Nathalie Nina Nora Olga Olivia Ophelia
Patricia Paula Pauline Petra Priya Rachel Rebecca Rita Roberta Rosa Ruth Sabine Samira Sandra
Sarah Sofia Sophie Stella Susan Susanna Sylvia Tamara Tanja Teresa Theresa Tina Ursula Valentina
Valerie Vanessa Vera Veronica Victoria Wanda Zoe
"""
FEMALE_NAMES = tuple(_FEMALE_NAMES.split())

_CITIES = """
Aberdeen Abidjan Accra Albany Almaty Amiens Amsterdam Anchorage Ankara Antananarivo Ascona Assen
Atlanta Auckland Avignon Baltimore Bamako Bangalore Bangkok Bari Belfast Bergen Berlin Bilbao
Birmingham Bochum Bonn Bordeaux Boston Boulogne Brest Brighton Brisbane Bristol Budapest Burgos
Calais Calgary Cambridge Cannes Caracas Cardiff Casablanca Chennai Chicago Cincinnati Cleveland
Colmar Colombo Dakar Dallas Davos Delhi Denver Dieppe Dijon Dortmund Dubai Dublin Duisburg
Durban Edmonton Eindhoven Ensenada Erfurt Flensburg Freetown Fukuoka Galway Glasgow Graz
Grenoble Groningen Innsbruck Ipswich Islamabad Istanbul Izmir Jakarta Jena Johannesburg Kabul
Kampala Kassel Kiel Kigali Kingston Kobe Kyoto Lagos Lausanne Leeds Leicester Leiden Libreville
Lille Lima Limoges Linz Liverpool Luanda Lund Lusaka Lyon Maastricht Madrid Manaus Manchester
Mannheim Maputo Melbourne Memphis Metz Miami Milwaukee Minneapolis Monaco Montevideo Montpellier
Mulhouse Mumbai Nagoya Nairobi Nantes Nashville Newcastle Oakland Odense Oldenburg Omaha Oran
Orlando Osaka Oslo Ostrava Ottawa Oxford Paderborn Paris Perpignan Perth Pittsburgh Poitiers
Portland Porto Potsdam Pretoria Quito Rabat Reims Rennes Reykjavik Rosario Rostock Rotterdam
Rouen Sacramento Salisbury Santander Sapporo Sarajevo Seattle Shanghai Sheffield Southampton
Stavanger Stockholm Strasbourg Stuttgart Tallinn Tampa Tampere Tilburg Tirana Toronto Toulouse
Trondheim Troyes Tucson Tunis Ulm Uppsala Utrecht Valparaiso Vancouver Verdun Versailles Vigo
Waterloo Weimar Wellington Wiesbaden Winnipeg Zagreb
"""
CITIES = tuple(_CITIES.split())
